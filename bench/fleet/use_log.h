// What a server uses of the machine over time, looked at once a second and told twice a minute.
#pragma once

#include <memory>
#include <vector>

#include "bench/fleet/measurements.h"
#include "bench/fleet/server_process.h"
#include "worker/agent/event_loop.h"

namespace adares::bench {

// Lives on the thread of `loop`, which it looks on while that runs.
class UseLog {
 public:
  // Both must outlive the log.
  UseLog(const ServerProcess& server, worker::EventLoop& loop);
  UseLog(const UseLog&) = delete;

  // CPU seconds a second, from the first look to the last.
  double Cores() const;

  // Resident memory at five times, and how fast it grew in the second half.
  void AddMemoryTo(Outcome& outcome) const;

 private:
  void Look();
  void Tell() const;

  const ServerProcess& server_;
  worker::EventLoop& loop_;
  const Clock::time_point begin_ = Clock::now();
  std::vector<ProcessUse> uses_;
  std::vector<double> seconds_;  // since the beginning, of each
  std::unique_ptr<worker::EventLoop::Timer> timer_;
};

}  // namespace adares::bench
