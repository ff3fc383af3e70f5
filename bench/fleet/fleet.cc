#include "bench/fleet/fleet.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "worker/agent/asio_event_loop.h"

namespace adares::bench {
namespace {

constexpr std::chrono::minutes kPatience{2};

}  // namespace

struct LoadLoop::Impl {
  boost::asio::io_context io{1};
  worker::AsioEventLoop events{io};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
};

LoadLoop::LoadLoop() : impl_(std::make_unique<Impl>()) {}
LoadLoop::~LoadLoop() = default;

worker::EventLoop& LoadLoop::events() { return impl_->events; }

void LoadLoop::RunOne() { impl_->io.run_one(); }

Fleet::Fleet(const Options& options, LoadLoop& loop, Load& load) : loop_(loop) {
  for (int i = 0; i < options.workers; ++i) {
    const SimulatedWorker::Options worker{options.address, absl::StrCat(options.name, "-", i),
                                          options.slots, options.syncs_when_busy};
    workers_.push_back(std::make_unique<SimulatedWorker>(worker, loop.events(), load, record_));
  }
}

absl::Status Fleet::Start(Duration spread) {
  std::vector<std::unique_ptr<worker::EventLoop::Timer>> timers;
  const auto count = static_cast<int64_t>(workers_.size());
  for (int64_t i = 0; i < count; ++i) {
    timers.push_back(loop_.events().After(spread * i / count, [this, i] { workers_[i]->Start(); }));
  }
  return RunUntilAll(&SimulatedWorker::registered);
}

absl::Status Fleet::Leave() {
  for (const auto& worker : workers_) worker->Leave();
  return RunUntilAll(&SimulatedWorker::left);
}

// Asking all after each event would cost the square of their number.
absl::Status Fleet::RunUntilAll(bool (SimulatedWorker::*done)() const) {
  auto next = workers_.begin();
  return RunUntil(
      [&] {
        while (next != workers_.end() && ((**next).*done)()) ++next;
        return next == workers_.end();
      },
      kPatience);
}

absl::Status Fleet::RunUntil(const std::function<bool()>& done, Duration limit) {
  bool over = false;
  const auto timer = loop_.events().After(limit, [&over] { over = true; });
  while (!done()) {
    if (!record_.failure.ok()) return record_.failure;
    if (over) {
      return absl::DeadlineExceededError(
          absl::StrCat("the fleet was not done after ", Seconds(limit), " s"));
    }
    loop_.RunOne();
  }
  return record_.failure;
}

}  // namespace adares::bench
