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
// Without an answer for so many intervals the coordinator is away.
constexpr int kSilentIntervals = 3;

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
  link_.Register([this, alive = std::weak_ptr(alive_)](const absl::StatusOr<WorkerTerms>& terms) {
    if (!alive.expired()) Registered(terms);
  });
}

void SyncLoop::Registered(const absl::StatusOr<WorkerTerms>& terms) {
  if (!terms.ok() && is_registered_) return RegisterLater(terms.status());
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
  is_registered_ = true;
  is_later_logged_ = false;
  terms_ = *terms;
  NoteContact();
  spdlog::info("event=registered sync_interval_ms={} lease_ms={}",
               terms_.sync_interval.count() / 1000, terms_.lease_duration.count() / 1000);
  handlers_.registered();
  Sync();
}

// It is known as it was before: its leases must not end for what it has to add.
void SyncLoop::RegisterLater(const absl::Status& why) {
  if (!std::exchange(is_later_logged_, true)) {
    spdlog::warn("event=change_not_taken error={:?} hint=\"training goes on; trying again\"",
                 std::string(why.message()));
  }
  must_register_ = true;
  register_after_ = loop_.Now() + register_backoff_.Next();
  Sync();
}

// What a coordinator answers to a call that was given up is lost, and with it what the worker was
// to start. So a call has time to be answered first.
void SyncLoop::SyncSoon() {
  if (!in_flight_ || ended_early_ || early_timer_) return;
  const auto age = std::chrono::duration_cast<Duration>(loop_.Now() - sent_at_);
  if (age >= ended_early_at_) return EndEarly();
  early_timer_ = loop_.After(ended_early_at_ - age, [this] { EndEarly(); });
}

void SyncLoop::EndEarly() {
  early_timer_.reset();
  // A call that is always ended early is never answered, and leases would end for it: then the call
  // under way must come to its own end.
  const bool lately = last_contact_ && loop_.Now() - *last_contact_ < 2 * terms_.sync_interval;
  if (!lately) return;
  ended_early_ = true;
  ended_early_at_ = std::min(2 * ended_early_at_, kOldestEndedLater);
  link_.CancelSync();
}

void SyncLoop::RegisterSoon() {
  must_register_ = true;
  register_after_ = loop_.Now();
  SyncSoon();
}

void SyncLoop::Sync() {
  timer_.reset();
  SyncState state = handlers_.state();
  if (!state.draining) state.max_wait = terms_.sync_interval;
  state.sequence = ++sequence_;
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
  early_timer_.reset();
  if (orders.ok()) {
    NoteContact();
    ended_early_at_ = kYoungestEndedEarly;
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
    is_registered_ = false;
    ScheduleRegister();
  } else {
    NoteReachable(orders.status());
    NoteSilence();
    ScheduleSync(sync_backoff_.Next());
  }
}

void SyncLoop::ScheduleSync(Duration delay) {
  const auto since_last = std::chrono::duration_cast<Duration>(loop_.Now() - sent_at_);
  timer_ = loop_.After(std::max<Duration>(delay, kShortestInterval - since_last), [this] {
    const bool is_due = must_register_ && loop_.Now() >= register_after_;
    is_due ? Register() : Sync();
  });
}

void SyncLoop::ScheduleRegister() {
  timer_ = loop_.After(register_backoff_.Next(), [this] { Register(); });
}

void SyncLoop::NoteContact() {
  if (!IsInContact()) contact_since_ = loop_.Now();
  last_contact_ = loop_.Now();
}

bool SyncLoop::IsInContact() const {
  return last_contact_ && loop_.Now() - *last_contact_ < kSilentIntervals * terms_.sync_interval;
}

Duration SyncLoop::InContactFor() const {
  if (!IsInContact()) return Duration::zero();
  return std::chrono::duration_cast<Duration>(loop_.Now() - contact_since_);
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
