// The agent's thread and its clock, as a seam: production runs on Asio, tests move time by hand.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "core/timestamp.h"

namespace adares::worker {

// One thread owns all state of an agent; every action given here runs on it. Post may be called
// from any thread, everything else from the owner thread only.
class EventLoop {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Action = std::function<void()>;

  // Destroying it cancels what has not run yet.
  class Timer {
   public:
    virtual ~Timer() = default;
  };

  virtual ~EventLoop() = default;

  // The clock for intervals. Never goes back.
  virtual Instant Now() const = 0;

  // The clock for people: times of log lines.
  virtual Timestamp WallNow() const = 0;

  // Runs `action` once the calls in progress have returned.
  virtual void Post(Action action) = 0;

  // Runs `action` after `delay`, unless the timer is destroyed before. The action may destroy it.
  [[nodiscard]] virtual std::unique_ptr<Timer> After(Duration delay, Action action) = 0;
};

}  // namespace adares::worker
