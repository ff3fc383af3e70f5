// MaintenanceThread runs what takes long and may wait: backups, checks, deletions. One after the
// other, so that they cost at most one core and one copy of the database at a time.
//
// Thread-safe. Tasks must not throw.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "absl/status/status.h"

namespace adares {

class MaintenanceThread {
 public:
  // Ends soon once a stop is requested.
  using Task = std::function<void(const std::stop_token& stop)>;

  // Something to do by itself: at once, and again whenever `period` is over. What was posted goes
  // first.
  struct Routine {
    std::chrono::milliseconds period{0};
    Task task;  // empty for none
  };

  // Tasks that may wait behind the one that runs.
  static constexpr size_t kMaxWaiting = 8;

  MaintenanceThread();
  explicit MaintenanceThread(Routine routine);
  // Stops, and waits for what runs.
  ~MaintenanceThread();
  MaintenanceThread(const MaintenanceThread&) = delete;
  MaintenanceThread& operator=(const MaintenanceThread&) = delete;

  // Runs it later. RESOURCE_EXHAUSTED MAINTENANCE_BUSY where too many wait; UNAVAILABLE DRAINING
  // after Stop. The task is not run then.
  absl::Status Post(Task task);

  // Tells tasks that the server goes down.
  std::stop_token stop_token() const { return thread_.get_stop_token(); }

  // Asks what runs to end. What waits is run too, and asked to end at once. Idempotent.
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  // Waits for a task that was posted; an empty one where the routine is due before, or once the
  // thread stops.
  Task TakeUntil(std::chrono::steady_clock::time_point routine_due, const std::stop_token& stop);

  const Routine routine_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Task> waiting_;  // guarded by mutex_
  std::jthread thread_;       // last: it uses all of the above
};

}  // namespace adares
