#include "server/maintenance/maintenance_thread.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/coordinator/commit_loop.h"

namespace adares {

using SteadyClock = std::chrono::steady_clock;

MaintenanceThread::MaintenanceThread() : MaintenanceThread(Routine()) {}

MaintenanceThread::MaintenanceThread(Routine routine)
    : routine_(std::move(routine)), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

MaintenanceThread::~MaintenanceThread() { Stop(); }

absl::Status MaintenanceThread::Post(Task task) {
  const std::lock_guard lock(mutex_);
  if (stop_token().stop_requested()) return DrainingError();
  if (waiting_.size() == kMaxWaiting) {
    return MakeError(absl::StatusCode::kResourceExhausted, reason::kMaintenanceBusy,
                     absl::StrCat(kMaxWaiting, " backups, checks or deletions wait already"));
  }
  waiting_.push_back(std::move(task));
  changed_.notify_one();
  return absl::OkStatus();
}

void MaintenanceThread::Stop() {
  // Under the lock, so that Post either comes before it or sees it.
  const std::lock_guard lock(mutex_);
  thread_.request_stop();
}

void MaintenanceThread::Run(const std::stop_token& stop) {
  SteadyClock::time_point due = SteadyClock::now();
  for (;;) {
    if (const Task task = TakeUntil(due, stop)) {
      task(stop);
    } else if (stop.stop_requested()) {
      return;
    } else {
      routine_.task(stop);
      due = SteadyClock::now() + routine_.period;
    }
  }
}

MaintenanceThread::Task MaintenanceThread::TakeUntil(SteadyClock::time_point routine_due,
                                                     const std::stop_token& stop) {
  const auto is_posted = [this] { return !waiting_.empty(); };
  std::unique_lock lock(mutex_);
  if (routine_.task) {
    changed_.wait_until(lock, stop, routine_due, is_posted);
  } else {
    changed_.wait(lock, stop, is_posted);
  }
  if (waiting_.empty()) return nullptr;
  Task task = std::move(waiting_.front());
  waiting_.pop_front();
  return task;
}

}  // namespace adares
