#include "worker/agent/asio_event_loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace adares::worker {
namespace {

// A cancelled wait may still be on its way with success when its timer is destroyed; the shared
// flag decides.
class AsioTimer : public EventLoop::Timer {
 public:
  AsioTimer(boost::asio::io_context& io, Duration delay, EventLoop::Action action)
      : timer_(io, delay), alive_(std::make_shared<bool>(true)) {
    timer_.async_wait([alive = alive_, action = std::move(action)](const auto& error) {
      if (!error && *alive) action();
    });
  }
  ~AsioTimer() override { *alive_ = false; }

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<bool> alive_;
};

}  // namespace

EventLoop::Instant AsioEventLoop::Now() const { return std::chrono::steady_clock::now(); }

Timestamp AsioEventLoop::WallNow() const { return SystemNow(); }

void AsioEventLoop::Post(Action action) { boost::asio::post(io_, std::move(action)); }

std::unique_ptr<EventLoop::Timer> AsioEventLoop::After(Duration delay, Action action) {
  return std::make_unique<AsioTimer>(io_, delay, std::move(action));
}

}  // namespace adares::worker
