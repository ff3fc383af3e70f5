// An event loop whose clock a test moves by hand.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "worker/agent/event_loop.h"

namespace boost::asio {
class io_context;
}

namespace adares::worker {

// Posted actions run on `io`; timers run inside Advance, in the order in which they are due.
class ManualEventLoop : public EventLoop {
 public:
  explicit ManualEventLoop(boost::asio::io_context& io) : io_(io) {}

  Instant Now() const override { return now_; }
  Timestamp WallNow() const override { return Timestamp(std::chrono::hours(500'000)); }
  void Post(Action action) override;
  std::unique_ptr<Timer> After(Duration delay, Action action) override;

  void Advance(Duration duration);

 private:
  using Due = std::multimap<Instant, std::shared_ptr<Action>>;

  boost::asio::io_context& io_;
  Instant now_{std::chrono::hours(1)};
  Due due_;
};

}  // namespace adares::worker
