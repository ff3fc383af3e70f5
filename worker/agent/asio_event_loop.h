// The event loop of production: an io_context and the machine's clocks.
#pragma once

#include "worker/agent/event_loop.h"

namespace boost::asio {
class io_context;
}

namespace adares::worker {

// The thread that runs `io` is the owner thread. `io` must outlive the loop and its timers.
class AsioEventLoop : public EventLoop {
 public:
  explicit AsioEventLoop(boost::asio::io_context& io) : io_(io) {}

  Instant Now() const override;
  Timestamp WallNow() const override;
  void Post(Action action) override;
  std::unique_ptr<Timer> After(Duration delay, Action action) override;

 private:
  boost::asio::io_context& io_;
};

}  // namespace adares::worker
