// Simulated workers and the loop in which the scenario's thread handles what they hear.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/fleet/simulated_worker.h"
#include "worker/agent/event_loop.h"

namespace adares::bench {

// An event loop that runs only while somebody waits for something. Events may be posted from any
// thread; the rest is for one thread, whose other calls should be short: while they block, nothing
// that arrives is handled, and leases are not renewed.
class LoadLoop {
 public:
  LoadLoop();
  ~LoadLoop();

  worker::EventLoop& events();
  // Waits for an event and runs it.
  void RunOne();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// For the thread of its loop.
class Fleet {
 public:
  struct Options {
    std::string address;
    std::string name = "worker";  // of its workers, before their numbers
    int workers = 1;
    int slots = 1;  // of each
    bool syncs_when_busy = true;
  };

  // `loop` and `load` must outlive the fleet, and the loop must not run after it.
  Fleet(const Options& options, LoadLoop& loop, Load& load);

  // Starts the workers one after the other over the time given, so that what they do at intervals
  // does not fall together, and returns when all are registered.
  absl::Status Start(Duration spread = Duration::zero());

  // Handles what arrives until `done`, which is asked after each event. An error is that of the
  // first worker that failed, or DEADLINE_EXCEEDED after `limit`.
  absl::Status RunUntil(const std::function<bool()>& done, Duration limit);

  // Lets all workers say goodbye.
  absl::Status Leave();

  FleetRecord& record() { return record_; }

 private:
  absl::Status RunUntilAll(bool (SimulatedWorker::*done)() const);

  LoadLoop& loop_;
  FleetRecord record_;
  std::vector<std::unique_ptr<SimulatedWorker>> workers_;
};

}  // namespace adares::bench
