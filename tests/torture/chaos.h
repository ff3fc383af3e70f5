// Does everything that can befall a fleet, at random, and mends it again.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/fixtures/database.h"
#include "tests/torture/calls.h"
#include "tests/torture/endings.h"
#include "tests/torture/fleet.h"
#include "tests/torture/settings.h"
#include "tests/torture/sweeps.h"
#include "tests/torture/watcher.h"

namespace adares::torture {

// The seed decides what is drawn, in which order and with which pauses; what it meets is up to the
// machine. Use it from the main thread only.
class Chaos {
 public:
  Chaos(const Settings& settings, Fleet& fleet, Watcher& watcher);

  // Submits sweeps and lets faults happen until the time is over.
  void Rage();
  // Mends everything, takes a backup, asks for all that was given up, and waits until every trial
  // has succeeded, or has stopped early by its sweep's rule. False where that does not come.
  bool Calm();

  // The sweeps that the server has acknowledged.
  const std::map<std::string, Sweep>& sweeps() const { return sweeps_; }
  // By their files, with what was there when they were begun.
  const std::map<std::string, Known>& backups() const { return backups_; }
  Causes causes() const;
  // What could be done and never was.
  std::vector<std::string> undone() const;
  // How often the promise of a call was found kept, by its word.
  const std::map<std::string, int64_t>& kept() { return calls_.promises().kept(); }
  // What went wrong that nobody did.
  std::vector<std::string> findings();
  // What was done, a line each with the seconds since the beginning.
  const std::string& story() const { return story_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::milliseconds;
  // False where it cannot be done now.
  using Deed = bool (Chaos::*)();
  using Arguments = std::vector<std::string>;
  struct Choice {
    int weight;
    const char* name;
    Deed deed;
  };
  // A link, and what it is called.
  struct Way {
    std::string name;
    Link* link;
  };

  static const std::vector<Choice>& Choices();

  // To the server.
  bool KillServer();
  bool RestartServer();
  bool FreezeServer();
  // To a worker.
  bool KillWorker();
  bool DrainWorker();
  bool OrderDrain();
  bool FreezeWorker();
  bool LoseWorker();
  // To a trainer.
  bool KillTrainer();
  bool FreezeTrainer();
  // To a link.
  bool CutLink();
  bool SlowLink();
  bool BreakLink();
  // By people.
  bool PauseSweep();
  bool CancelSweep();
  bool PauseTrial();
  bool CancelTrial();
  bool RetryStoppedTrial();
  bool CordonWorker();
  bool Backup();
  void BackUpUntilDone();
  void BackUp(const std::function<void()>& failed);

  // Does what is drawn; in the second half of a long run first what was never done.
  void DoSomething();
  // One turn of the loop: what is due, what has ended, what is to be submitted, and a look.
  void Turn();
  void Submit();
  void SubmitUntilAcknowledged(const Sweep& sweep, const std::string& name,
                               const std::string& path);
  void ReapPrograms();
  void AskForAll();

  void Ask(Arguments arguments, Calls::Then then = {});
  // Later, at the latest when everything is mended.
  void Mend(Milliseconds after, std::function<void()> mend);
  Milliseconds Between(int low, int high);
  size_t Index(size_t size);
  // The server, for a deed that breaks what is connected to it.
  bool TakeServer();
  void ReleaseServer();
  // A worker, taken; null where something is being done to it.
  Fleet::Member* Victim();
  // How many it holds; nullopt while the database cannot be read.
  std::optional<int64_t> TrialsOf(const Fleet::Member& member) const;
  void BringBackOnceLost(Fleet::Member& member, bool is_frozen, Clock::time_point latest);
  std::vector<Way> Ways();
  // One of them, taken.
  std::optional<Way> AnyWay();
  void MendLink(const Way& way, Milliseconds after);
  void StartOnceEnded(Fleet::Member& member, Clock::time_point told_again);
  std::optional<pid_t> AnyTrainer();
  std::string AnySweep();
  // One that is in such a state, or that is not over.
  std::string AnyTrial(std::optional<TrialState> state = std::nullopt);
  // Takes it, so that nothing else is done to it until it is released.
  bool Take(const std::string& name) { return busy_.insert(name).second; }
  void Release(const std::string& name) { busy_.erase(name); }
  void Tell(const std::string& what);

  const Settings settings_;
  Fleet& fleet_;
  Watcher& watcher_;
  const fixtures::Database database_;
  const Clock::time_point start_ = Clock::now();
  std::mt19937_64 random_;
  std::multimap<Clock::time_point, std::function<void()>> mends_;
  std::set<std::string> busy_;
  Calls calls_;
  std::set<std::string> done_;  // names of choices
  Causes causes_;
  // Workers that may yet be told to drain by a call that nobody answered, and in which life of the
  // server.
  std::map<std::string, int> loose_drains_;
  std::map<std::string, Sweep> sweeps_;
  std::set<Trainer> submitting_;
  std::map<Trainer, int> submitted_;
  Clock::time_point next_look_;
  int backups_begun_ = 0;
  std::map<std::string, Known> backups_;
  std::vector<std::string> findings_;
  std::string story_;
};

}  // namespace adares::torture
