// Looks at what the machine has, without waiting for it: a folder on a server that does not answer
// holds up whoever looks, for hours.
#pragma once

#include <functional>
#include <memory>

#include "core/requirement.h"
#include "worker/agent/event_loop.h"

namespace adares::worker {

// Lives on the owner thread. Destroying it does not wait for a look under way.
class MachineWatch {
 public:
  // `look` is called in threads of its own, one at a time, and may be under way until the process
  // ends: what it refers to must live as long. `seen` is told on the owner thread.
  MachineWatch(EventLoop& loop, std::function<Capability()> look,
               std::function<void(const Capability&)> seen);
  ~MachineWatch();
  MachineWatch(const MachineWatch&) = delete;
  MachineWatch& operator=(const MachineWatch&) = delete;

  // Begins a look. False, and nothing, where one is under way.
  bool Look();

 private:
  struct Watcher;

  const std::function<Capability()> look_;
  const std::shared_ptr<Watcher> watcher_;  // shared with the thread
  bool looking_ = false;
};

}  // namespace adares::worker
