// The trainers that work for nobody: those that wait for their next trial, because a start costs
// a second and more, and those that leave.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "worker/agent/event_loop.h"
#include "worker/agent/trainer.h"

namespace adares::worker {

struct TrainerLimits {
  Duration idle = std::chrono::minutes(5);  // a trainer that has waited so long leaves
  int64_t trials = 100;                     // of one process; 0: any number
};

// Lives on the owner thread; destroying it kills its trainers.
class TrainerPool : private TrainerOwner {
 public:
  // How long a trainer that was asked to leave may take.
  static constexpr Duration kLeaveGrace = std::chrono::seconds(5);

  // `changed` is called when a trainer is gone. It must not destroy the pool.
  TrainerPool(EventLoop& loop, const TrainerLimits& limits, std::function<void()> changed);
  TrainerPool(const TrainerPool&) = delete;
  TrainerPool& operator=(const TrainerPool&) = delete;

  // The one that has waited least, for an owner that it gets before the loop runs on; nullptr where
  // none waits. Nothing that it said or printed so far comes to that owner. Those that cannot train
  // another trial are found here, and leave.
  std::unique_ptr<Trainer> Take();

  // Takes over one that has ended a trial and can train another: it waits, if the limits let it.
  void Keep(std::unique_ptr<Trainer> trainer);

  // Takes over one that is to leave, by itself or by force at once.
  void Dismiss(std::unique_ptr<Trainer> trainer, std::string_view why);
  void Kill(std::unique_ptr<Trainer> trainer);

  // All leave, also those that are kept from now on.
  void Drain();

  // How many are on their way out and hold memory and device until they are gone.
  int leaving() const;
  // Nobody waits and nobody leaves.
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::unique_ptr<Trainer> trainer;
    bool leaves = false;
    bool has_printed = false;
    std::unique_ptr<EventLoop::Timer> timer;  // until it has waited enough, or must be gone
  };

  void TakeEventLine(Trainer& trainer, std::string_view line) override;
  void TakeEndlessLine(Trainer& trainer) override;
  void TakeLog(Trainer& trainer, std::string_view bytes) override;
  void TakeExit(Trainer& trainer, const TrainerExit& exit) override;

  Entry& Add(std::unique_ptr<Trainer> trainer);
  Entry& Find(const Trainer& trainer);
  // The newest of those that wait; nullptr where none does.
  Trainer* NewestWaiting() const;
  std::unique_ptr<Trainer> Remove(const Trainer& trainer);
  void LetLeave(Entry& entry, std::string_view why);

  EventLoop& loop_;
  const TrainerLimits limits_;
  const std::function<void()> changed_;
  std::vector<Entry> entries_;  // in the order of their coming
  bool draining_ = false;
};

}  // namespace adares::worker
