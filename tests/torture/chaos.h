// Does everything that can befall a fleet, at random, and mends it again.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/fixtures/database.h"
#include "tests/torture/fleet.h"
#include "tests/torture/settings.h"
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
  // has succeeded. False where that does not come.
  bool Calm();

  // The sweeps that the server has acknowledged, by trainer.
  const std::map<std::string, Trainer>& sweeps() const { return sweeps_; }
  const std::vector<std::string>& backups() const { return backups_; }
  // What went wrong that nobody did.
  const std::vector<std::string>& findings() const { return findings_; }
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
    Deed deed;
  };
  // `adares` under way, and what follows where it has succeeded.
  struct Call {
    std::unique_ptr<fixtures::Program> program;
    Arguments arguments;
    std::function<void(bool ok)> then;
  };

  static const std::vector<Choice>& Choices();

  // To the server.
  bool KillServer();
  bool RestartServer();
  bool FreezeServer();
  // To a worker.
  bool KillWorker();
  bool DrainWorker();
  bool FreezeWorker();
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
  bool CordonWorker();
  bool Backup();
  void BackUpUntilDone();
  std::string NewBackupPath();

  // One turn of the loop: what is due, what has ended, what is to be submitted, and a look.
  void Turn();
  void Submit();
  void SubmitUntilAcknowledged(Trainer trainer, const std::string& name, const std::string& path);
  void ReapCalls();
  void ReapPrograms();
  void AskForAll();

  void Ask(Arguments arguments, std::function<void(bool ok)> then = {});
  // Later, at the latest when everything is mended.
  void Mend(Milliseconds after, std::function<void()> mend);
  Milliseconds Between(int low, int high);
  size_t Index(size_t size);
  // A worker, taken; null where something is being done to it.
  Fleet::Member* Victim();
  Fleet::Member* VictimOfItsLink();
  void MendLink(Fleet::Member& member, Milliseconds after);
  void StartOnceEnded(Fleet::Member& member);
  std::optional<pid_t> AnyTrainer();
  std::string AnySweep();
  std::string AnyTrial();
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
  std::vector<Call> calls_;
  std::map<std::string, Trainer> sweeps_;
  std::set<Trainer> submitting_;
  std::map<Trainer, int> submitted_;
  Clock::time_point next_look_;
  int backups_begun_ = 0;
  std::vector<std::string> backups_;
  std::vector<std::string> findings_;
  std::string story_;
};

}  // namespace adares::torture
