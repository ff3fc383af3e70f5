#include "worker/agent/sync_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace adares::worker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{200};
constexpr milliseconds kLongestRetry{3000};
constexpr milliseconds kShortestInterval{50};

}  // namespace

SyncLoop::SyncLoop(CoordinatorLink& link, EventLoop& loop, Handlers handlers)
    : link_(link),
      loop_(loop),
      handlers_(std::move(handlers)),
      sync_backoff_(kFirstRetry, kLongestRetry),
      register_backoff_(kFirstRetry, kLongestRetry) {}

void SyncLoop::Start() { Register(); }

void SyncLoop::Register() {
  timer_.reset();
  must_register_ = false;
  handlers_.registering();
  link_.Register([this, alive = std::weak_ptr(alive_)](const absl::StatusOr<WorkerTerms>& terms) {
    if (!alive.expired()) Registered(terms);
  });
}

void SyncLoop::Registered(const absl::StatusOr<WorkerTerms>& terms) {
  if (absl::IsInvalidArgument(terms.status())) {
    handlers_.rejected(terms.status());
    return;
  }
  if (absl::IsAlreadyExists(terms.status())) {
    if (!std::exchange(name_taken_logged_, true)) {
      spdlog::warn("event=name_taken error={:?} hint=\"trying again until that one is silent\"",
                   std::string(terms.status().message()));
    }
    ScheduleRegister();
    return;
  }
  NoteReachable(terms.status());
  if (!terms.ok()) {
    ScheduleRegister();
    return;
  }
  terms_ = *terms;
  last_contact_ = loop_.Now();
  spdlog::info("event=registered sync_interval_ms={} lease_ms={}",
               terms_.sync_interval.count() / 1000, terms_.lease_duration.count() / 1000);
  handlers_.registered();
  Sync();
}

void SyncLoop::SyncSoon() {
  if (!in_flight_ || ended_early_) return;
  // A call that is always ended early is never answered, and leases would end for it: then the call
  // under way must come to its own end.
  const bool lately = last_contact_ && loop_.Now() - *last_contact_ < 2 * terms_.sync_interval;
  if (!lately) return;
  ended_early_ = true;
  link_.CancelSync();
}

void SyncLoop::RegisterSoon() {
  must_register_ = true;
  SyncSoon();
}

void SyncLoop::Sync() {
  timer_.reset();
  SyncState state = handlers_.state();
  if (!state.draining) state.max_wait = terms_.sync_interval;
  holds_attempts_ = !state.attempts.empty();
  in_flight_ = true;
  ended_early_ = false;
  sent_at_ = loop_.Now();
  link_.Sync(state,
             [this, alive = std::weak_ptr(alive_)](const absl::StatusOr<SyncOrders>& orders) {
               if (!alive.expired()) Synced(orders);
             });
}

void SyncLoop::Synced(const absl::StatusOr<SyncOrders>& orders) {
  in_flight_ = false;
  if (orders.ok()) {
    last_contact_ = loop_.Now();
    sync_backoff_.Reset();
    register_backoff_.Reset();
    NoteReachable(absl::OkStatus());
    silence_logged_ = false;
    handlers_.answered(*orders);
    ScheduleSync(Duration::zero());
  } else if (absl::IsCancelled(orders.status()) && ended_early_) {
    ScheduleSync(Duration::zero());
  } else if (absl::IsNotFound(orders.status())) {
    spdlog::warn(
        "event=unknown_to_coordinator error={:?} hint=\"another worker of this name took its "
        "place, or the coordinator's database is another; registering again\"",
        std::string(orders.status().message()));
    ScheduleRegister();
  } else {
    NoteReachable(orders.status());
    NoteSilence();
    ScheduleSync(sync_backoff_.Next());
  }
}

void SyncLoop::ScheduleSync(Duration delay) {
  const auto since_last = std::chrono::duration_cast<Duration>(loop_.Now() - sent_at_);
  timer_ = loop_.After(std::max<Duration>(delay, kShortestInterval - since_last),
                       [this] { must_register_ ? Register() : Sync(); });
}

void SyncLoop::ScheduleRegister() {
  timer_ = loop_.After(register_backoff_.Next(), [this] { Register(); });
}

void SyncLoop::NoteReachable(const absl::Status& status) {
  if (reachable_ == status.ok()) return;
  reachable_ = status.ok();
  if (status.ok()) {
    spdlog::info("event=coordinator_reached");
  } else {
    spdlog::warn("event=coordinator_unreachable error={:?} hint=\"trying again until it answers\"",
                 std::string(status.message()));
  }
}

void SyncLoop::NoteSilence() {
  if (!holds_attempts_ || silence_logged_ || !last_contact_) return;
  if (loop_.Now() - *last_contact_ < terms_.lease_duration) return;
  silence_logged_ = true;
  spdlog::warn(
      "event=leases_may_have_ended hint=\"training goes on; the coordinator says which of its "
      "trials are still this worker's when it answers\"");
}

}  // namespace adares::worker
