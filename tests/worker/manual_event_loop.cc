#include "tests/worker/manual_event_loop.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace adares::worker {
namespace {

// Cancels by emptying the shared action, whether or not it is still listed.
class ManualTimer : public EventLoop::Timer {
 public:
  explicit ManualTimer(std::shared_ptr<EventLoop::Action> action) : action_(std::move(action)) {}
  ~ManualTimer() override { *action_ = nullptr; }

 private:
  std::shared_ptr<EventLoop::Action> action_;
};

}  // namespace

void ManualEventLoop::Post(Action action) { boost::asio::post(io_, std::move(action)); }

std::unique_ptr<EventLoop::Timer> ManualEventLoop::After(Duration delay, Action action) {
  auto shared = std::make_shared<Action>(std::move(action));
  due_.emplace(now_ + std::max(delay, Duration::zero()), shared);
  return std::make_unique<ManualTimer>(std::move(shared));
}

void ManualEventLoop::Advance(Duration duration) {
  const Instant until = now_ + duration;
  while (!due_.empty() && due_.begin()->first <= until) {
    now_ = std::max(now_, due_.begin()->first);
    const std::shared_ptr<Action> shared = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    // Moved out: the action may destroy its timer.
    if (const Action action = std::exchange(*shared, nullptr)) action();
  }
  now_ = until;
}

}  // namespace adares::worker
