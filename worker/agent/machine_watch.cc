#include "worker/agent/machine_watch.h"

#include <mutex>
#include <thread>
#include <utility>

namespace adares::worker {

struct MachineWatch::Watcher {
  std::mutex mutex;                             // guards the next
  EventLoop* loop = nullptr;                    // null once nobody wants to know
  std::function<void(const Capability&)> seen;  // for the owner thread
};

MachineWatch::MachineWatch(EventLoop& loop, std::function<Capability()> look,
                           std::function<void(const Capability&)> seen)
    : look_(std::move(look)), watcher_(std::make_shared<Watcher>()) {
  watcher_->loop = &loop;
  watcher_->seen = [this, seen = std::move(seen)](const Capability& capability) {
    looking_ = false;
    seen(capability);
  };
}

MachineWatch::~MachineWatch() {
  const std::lock_guard lock(watcher_->mutex);
  watcher_->loop = nullptr;
}

bool MachineWatch::Look() {
  if (std::exchange(looking_, true)) return false;
  // Nobody waits for its end: that of a system call may never come.
  std::thread([watcher = watcher_, look = look_] {
    const Capability capability = look();
    const std::lock_guard lock(watcher->mutex);
    if (watcher->loop == nullptr) return;
    watcher->loop->Post([watcher, capability] {
      if (watcher->loop != nullptr) watcher->seen(capability);
    });
  }).detach();
  return true;
}

}  // namespace adares::worker
