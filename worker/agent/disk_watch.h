// Whether the state folder takes files: where it did not, when it is tried again, and how much room
// there must be then.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "worker/agent/attempt_folders.h"
#include "worker/agent/event_loop.h"

namespace adares::worker {

// Lives on the owner thread.
class DiskWatch {
 public:
  // Between two tries; twice as long after each, also where the disk fails again soon after it took
  // files: what an attempt left behind makes room, and its next one fills it again.
  static constexpr Duration kFirstPause = std::chrono::seconds(10);
  static constexpr Duration kLongestPause = std::chrono::minutes(5);
  // A disk that has taken everything for so long begins anew.
  static constexpr Duration kCalm = std::chrono::minutes(10);
  // What is asked for at least, and at most: a disk that has so much free can be worked with, and
  // it may never have had more.
  static constexpr int64_t kLeastRoom = int64_t{1} << 20;
  static constexpr int64_t kMostRoom = int64_t{1} << 30;

  // `changed` is called when has_failed has changed. Both must outlive it.
  DiskWatch(EventLoop& loop, AttemptFolders& folders, std::function<void()> changed);

  // It did not take what an attempt wanted to keep, which needs about so many bytes in all.
  void Failed(int64_t needed);

  // From then until there is room.
  bool has_failed() const { return timer_ != nullptr; }

 private:
  void LookLater();
  void Look();

  EventLoop& loop_;
  AttemptFolders& folders_;
  const std::function<void()> changed_;
  Duration pause_ = kFirstPause;  // before the next try
  int64_t room_ = kLeastRoom;     // the most that was needed since it began anew
  EventLoop::Instant recovered_at_;
  std::unique_ptr<EventLoop::Timer> timer_;  // while it takes nothing
};

}  // namespace adares::worker
