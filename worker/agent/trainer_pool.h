// The trainers that work for nobody: those that wait for their next trial, because a start costs
// a second and more, those that leave, and those that were killed and do not die.
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
  // How long one that was killed may be there before it counts as stuck: who waits for a broken
  // device cannot die. In a drain less, for the worker has not the time.
  static constexpr Duration kDeathLimit = std::chrono::seconds(30);
  static constexpr Duration kDrainDeathLimit = std::chrono::seconds(1);

  // `changed` is called when a trainer is gone or stuck. It must not destroy the pool.
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

  // Takes over one that was killed and is stuck.
  void KeepStuck(std::unique_ptr<Trainer> trainer);

  // All leave, also those that are kept from now on.
  void Drain();

  // How many are on their way out and hold memory and device until they are gone; and how many of
  // them are stuck.
  int leaving() const;
  int stuck() const;
  // None is here but those that are stuck.
  bool is_done() const { return stuck() == static_cast<int>(entries_.size()); }

 private:
  struct Entry {
    std::unique_ptr<Trainer> trainer;
    bool leaves = false;
    bool killed = false;
    bool stuck = false;
    bool has_printed = false;
    std::unique_ptr<EventLoop::Timer> timer;  // until it has waited enough, is killed, or is stuck
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
  void Kill(Entry& entry);
  void AwaitDeath(Entry& entry);

  EventLoop& loop_;
  const TrainerLimits limits_;
  const std::function<void()> changed_;
  std::vector<Entry> entries_;  // in the order of their coming
  bool draining_ = false;
};

}  // namespace adares::worker
