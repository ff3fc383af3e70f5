#include "worker/agent/agent.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace adares::worker {
namespace {

const Attempt::StopCause& Shutdown() {
  static const auto& cause = *new Attempt::StopCause{
      EndReason::kPreempted, "the worker is shutting down", Agent::kDrainUploadLimit};
  return cause;
}

std::string_view Word(StopReason reason) {
  switch (reason) {
    case StopReason::kCancelled:
      return "cancelled";
    case StopReason::kPaused:
      return "paused";
    case StopReason::kStoppedEarly:
      return "stopped-early";
    case StopReason::kTimeout:
      return "timeout";
    case StopReason::kLeaseLost:
      return "lease-lost";
  }
  return "unknown";
}

}  // namespace

Agent::Agent(AgentOptions options, const Context& context,
             std::function<void(const absl::Status&)> finished)
    : options_(std::move(options)),
      context_(context),
      finished_(std::move(finished)),
      sync_(context.link, context.loop,
            {.state = [this] { return State(); },
             .registering = [this] { Look(); },
             .registered = [this] { reporter_.Start(); },
             .answered = [this](const SyncOrders& orders) { Apply(orders); },
             .rejected = [this](const absl::Status& status) { Finish(status); }}),
      reporter_(context.link, context.loop,
                {.next = [this] { return NextBatch(); },
                 .rewind =
                     [this] {
                       for (const auto& attempt : attempts_) attempt->Rewind();
                     },
                 .answered = [this](const ReportAnswer& answer) { TakeAnswer(answer); }}),
      trainers_(context.loop, options_.limits, [this] { AttemptChanged(); }) {}

void Agent::Start() {
  sync_.Start();
  if (options_.look) LookLater();
}

bool Agent::Look() {
  if (!options_.look) return false;
  const Capability capability = options_.look();
  if (capability_ == capability) return false;
  capability_ = capability;
  context_.link.SetCapability(capability);
  return true;
}

void Agent::LookLater() {
  look_timer_ = context_.loop.After(kLookPeriod, [this] {
    if (draining_) return;
    if (Look()) {
      spdlog::info("event=capability_changed datasets={}",
                   capability_->datasets ? capability_->datasets->size() : 0);
      sync_.RegisterSoon();
    }
    LookLater();
  });
}

void Agent::Drain() {
  if (std::exchange(draining_, true)) return;
  spdlog::info("event=draining attempts={}", attempts_.size());
  for (const auto& attempt : attempts_) attempt->Stop(Shutdown(), kDrainGrace);
  trainers_.Drain();
  sync_.SyncSoon();
  AttemptChanged();
  drain_timer_ = context_.loop.After(kDrainLimit, [this] {
    spdlog::warn(
        "event=drain_incomplete attempts={} hint=\"the coordinator did not acknowledge "
        "them in time; their leases will end\"",
        attempts_.size());
    Finish(absl::OkStatus());
  });
}

SyncState Agent::State() {
  SyncState state;
  state.draining = draining_;
  state.leaving = draining_ && attempts_.empty() && trainers_.empty();
  farewell_sent_ = state.leaving;
  for (const auto& attempt : attempts_) {
    if (attempt->held()) state.attempts.push_back({attempt->id(), attempt->phase()});
  }
  return state;
}

void Agent::Apply(const SyncOrders& orders) {
  for (const StopOrder& order : orders.stop) Apply(order);
  for (const Assignment& assignment : orders.start) Apply(assignment);
  if (orders.drain) Drain();
  LaunchWaiting();
  if (std::exchange(farewell_sent_, false)) TakeFarewell();
}

void Agent::Apply(const StopOrder& order) {
  Attempt* attempt = Find(order.id);
  if (attempt == nullptr) return;
  spdlog::info("event=stop_ordered sweep={} trial={} attempt={} reason={}", order.id.sweep,
               order.id.trial, order.id.attempt, Word(order.reason));
  switch (order.reason) {
    case StopReason::kLeaseLost:
      return attempt->Abandon("the lease is lost");
    case StopReason::kPaused:
      return attempt->Stop({EndReason::kPreempted, "paused on request"}, kCancelGrace);
    case StopReason::kStoppedEarly:
      return attempt->Stop({EndReason::kCancelled, "stopped early"}, kCancelGrace);
    case StopReason::kTimeout:
      return attempt->Stop({EndReason::kTimeout, "it ran longer than its sweep allows"},
                           kCancelGrace);
    case StopReason::kCancelled:
      return attempt->Stop({EndReason::kCancelled, "cancelled on request"}, kCancelGrace);
  }
}

void Agent::Apply(const Assignment& assignment) {
  if (Find(assignment.id) != nullptr) return;
  spdlog::info("event=assigned sweep={} trial={} attempt={}", assignment.id.sweep,
               assignment.id.trial, assignment.id.attempt);
  attempts_.push_back(std::make_unique<Attempt>(
      assignment,
      Attempt::Context{context_.loop, context_.io, context_.link, context_.folders, trainers_,
                       options_.trainer, options_.checkpoint_interval},
      [this] { AttemptChanged(); }));
  // Assigned before the coordinator knew: given back at once, not by the end of its lease.
  if (draining_) attempts_.back()->Stop(Shutdown(), kDrainGrace);
}

void Agent::TakeAnswer(const ReportAnswer& answer) {
  Attempt* attempt = Find(answer.id);
  if (attempt == nullptr || !attempt->held()) return;
  if (answer.acknowledged) {
    attempt->Acknowledge(*answer.acknowledged);
  } else {
    attempt->Abandon(answer.refusal);
  }
  // A slot may be free: the coordinator should hear of it before the held call ends.
  if (!attempt->held()) sync_.SyncSoon();
}

std::optional<ReportBatch> Agent::NextBatch() {
  for (size_t tries = 0; tries < attempts_.size(); ++tries) {
    next_to_report_ = (next_to_report_ + 1) % attempts_.size();
    if (auto batch = attempts_[next_to_report_]->NextBatch()) return batch;
  }
  return std::nullopt;
}

// Comes from inside attempts and the pool, which must not be destroyed then: the rest is done
// afterwards.
void Agent::AttemptChanged() {
  reporter_.Wake();
  if (std::exchange(tidy_posted_, true)) return;
  context_.loop.Post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) Tidy();
  });
}

void Agent::Tidy() {
  tidy_posted_ = false;
  if (done_) return;
  std::erase_if(attempts_, [this](const auto& attempt) {
    if (!attempt->over()) return false;
    context_.folders.Retire(attempt->id());
    return true;
  });
  LaunchWaiting();
  if (!draining_ || !attempts_.empty() || !trainers_.empty()) return;
  if (farewell_taken_) return Finish(absl::OkStatus());
  // The next Sync says goodbye. Where nobody listens, the worker goes without an answer.
  if (!farewell_timer_) {
    farewell_timer_ = context_.loop.After(kFarewellLimit, [this] { TakeFarewell(); });
  }
}

void Agent::TakeFarewell() {
  farewell_taken_ = true;
  AttemptChanged();
}

// A slot is free when its trainer waits for the next trial or is gone, which may be after the
// coordinator has filled it again.
void Agent::LaunchWaiting() {
  for (const auto& attempt : attempts_) {
    if (BusySlots() >= options_.slots) return;
    if (!attempt->waiting()) continue;
    std::unique_ptr<Trainer> trainer = trainers_.Take();
    // A trainer that was found unfit has its slot until it is gone.
    if (!trainer && BusySlots() >= options_.slots) return;
    attempt->Launch(std::move(trainer));
  }
}

int Agent::BusySlots() const {
  return trainers_.leaving() +
         static_cast<int>(std::ranges::count_if(
             attempts_, [](const auto& attempt) { return attempt->has_trainer(); }));
}

void Agent::Finish(const absl::Status& status) {
  if (std::exchange(done_, true)) return;
  finished_(status);
}

Attempt* Agent::Find(const AttemptId& id) {
  const auto found = std::find_if(attempts_.begin(), attempts_.end(),
                                  [&id](const auto& attempt) { return attempt->id() == id; });
  return found == attempts_.end() ? nullptr : found->get();
}

}  // namespace adares::worker
