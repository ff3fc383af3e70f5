// Calls under way, so that whoever made them can wait for their end before it goes.
#pragma once

#include <condition_variable>
#include <mutex>

namespace adares::worker {

// Thread-safe.
class CallCount {
 public:
  void Begin() {
    const std::lock_guard lock(mutex_);
    ++calls_;
  }

  // The last use that a call makes of anything but itself.
  void End() {
    const std::lock_guard lock(mutex_);
    --calls_;
    none_.notify_all();
  }

  void WaitForNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return calls_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int calls_ = 0;
};

}  // namespace adares::worker
