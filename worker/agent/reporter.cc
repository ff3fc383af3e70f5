#include "worker/agent/reporter.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

namespace adares::worker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{200};
constexpr milliseconds kLongestRetry{3000};
// Records come one by one; a message for each would cost the coordinator more than the wait costs
// anybody.
constexpr milliseconds kGatherTime{20};

}  // namespace

Reporter::Reporter(CoordinatorLink& link, EventLoop& loop, Handlers handlers)
    : link_(link),
      loop_(loop),
      handlers_(std::move(handlers)),
      backoff_(kFirstRetry, kLongestRetry) {}

void Reporter::Start() {
  if (std::exchange(started_, true)) return;
  Open();
}

void Reporter::Open() {
  open_timer_.reset();
  handlers_.rewind();
  open_ = true;
  room_ = true;
  const std::weak_ptr alive = alive_;
  link_.OpenReports({.sent =
                         [this, alive] {
                           if (alive.expired()) return;
                           room_ = true;
                           Wake();
                         },
                     .answered =
                         [this, alive](const ReportAnswer& answer) {
                           if (!alive.expired()) Answered(answer);
                         },
                     .closed =
                         [this, alive](const absl::Status& status) {
                           if (!alive.expired()) Closed(status);
                         }});
  Wake();
}

void Reporter::Wake() {
  if (!open_ || !room_ || gather_timer_) return;
  gather_timer_ = loop_.After(kGatherTime, [this] {
    gather_timer_.reset();
    Send();
  });
}

void Reporter::Send() {
  const std::optional<ReportBatch> batch = handlers_.next();
  if (!batch) return;
  room_ = false;
  link_.SendReport(*batch);
}

void Reporter::Answered(const ReportAnswer& answer) {
  backoff_.Reset();
  loss_logged_ = false;
  handlers_.answered(answer);
  Wake();
}

void Reporter::Closed(const absl::Status& status) {
  open_ = false;
  gather_timer_.reset();
  if (!std::exchange(loss_logged_, true)) {
    spdlog::warn("event=report_stream_lost error={:?}", std::string(status.message()));
  }
  open_timer_ = loop_.After(backoff_.Next(), [this] { Open(); });
}

}  // namespace adares::worker
