#include "worker/agent/disk_watch.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace adares::worker {

DiskWatch::DiskWatch(EventLoop& loop, AttemptFolders& folders, std::function<void()> changed)
    : loop_(loop), folders_(folders), changed_(std::move(changed)) {}

void DiskWatch::Failed(int64_t needed) {
  const bool again = has_failed();
  if (!again && loop_.Now() - recovered_at_ >= kCalm) {
    pause_ = kFirstPause;
    room_ = kLeastRoom;
  }
  room_ = std::clamp(needed, room_, kMostRoom);
  if (again) return;
  spdlog::error(
      "event=state_folder_failed needed_bytes={} hint=\"no trials are taken until the disk has "
      "room for so much\"",
      room_);
  LookLater();
  changed_();
}

void DiskWatch::LookLater() {
  timer_ = loop_.After(pause_, [this] { Look(); });
  pause_ = std::min(2 * pause_, kLongestPause);
}

void DiskWatch::Look() {
  if (!folders_.MakeRoom(room_).ok()) return LookLater();
  timer_.reset();
  recovered_at_ = loop_.Now();
  spdlog::info("event=state_folder_recovered");
  changed_();
}

}  // namespace adares::worker
