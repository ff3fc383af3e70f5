#include "worker/agent/agent.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace adares::worker {
namespace {

const Attempt::StopCause& Shutdown() {
  static const auto& cause = *new Attempt::StopCause{.reason = EndReason::kPreempted,
                                                     .message = "the worker is shutting down",
                                                     .grace = Agent::kDrainGrace,
                                                     .upload_limit = Agent::kDrainUploadLimit,
                                                     .death_limit = TrainerPool::kDrainDeathLimit};
  return cause;
}

// Why to stop for an order that lets the trainer finish its step.
Attempt::StopCause CauseOf(StopReason reason) {
  switch (reason) {
    case StopReason::kPaused:
      return {EndReason::kPreempted, "paused on request", Agent::kCancelGrace};
    // It reached its target: the network that did is worth keeping.
    case StopReason::kStoppedEarly:
      return {EndReason::kCancelled, "stopped early", Agent::kCancelGrace};
    case StopReason::kTimeout:
      return {EndReason::kTimeout, "it ran longer than its sweep allows", Agent::kCancelGrace};
    case StopReason::kLeaseLost:
    case StopReason::kCancelled:
      break;
  }
  return {EndReason::kCancelled, "cancelled on request", Agent::kCancelGrace,
          /*drops_checkpoint=*/true};
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
      trainers_(context.loop, options_.limits, [this] { AttemptChanged(); }),
      disk_(context.loop, context.folders, [this] { AttemptChanged(); }) {}

void Agent::Start() {
  if (!options_.look) return BeginToSync();
  watch_.emplace(context_.loop, options_.look,
                 [this](const Capability& capability) { TakeLook(capability); });
  watch_->Look();
  look_timer_ = context_.loop.After(kFirstLookLimit, [this] {
    NoteSilentLook();
    BeginToSync();
    LookLater();
  });
}

void Agent::BeginToSync() {
  if (!std::exchange(syncing_, true)) sync_.Start();
}

void Agent::LookLater() {
  look_timer_ = context_.loop.After(kLookPeriod, [this] {
    if (draining_) return;
    if (!watch_->Look()) NoteSilentLook();
    LookLater();
  });
}

void Agent::NoteSilentLook() {
  if (std::exchange(silent_look_logged_, true)) return;
  spdlog::warn(
      "event=data_folder_silent hint=\"it is still being looked at which data sets are there: "
      "until that ends the coordinator knows what was seen before\"");
}

void Agent::TakeLook(const Capability& capability) {
  silent_look_logged_ = false;
  if (draining_) return;
  const bool changed = capability_ != capability;
  if (changed) context_.link.SetCapability(capability);
  capability_ = capability;
  if (!syncing_) {
    BeginToSync();
    LookLater();
  } else if (changed) {
    spdlog::info("event=capability_changed datasets={}",
                 capability.datasets ? capability.datasets->size() : 0);
    sync_.RegisterSoon();
  }
}

void Agent::Drain() {
  if (std::exchange(draining_, true)) return;
  spdlog::info("event=draining attempts={}", attempts_.size());
  for (const auto& attempt : attempts_) attempt->Stop(Shutdown());
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
  state.leaving = draining_ && attempts_.empty() && trainers_.is_done();
  farewell_sent_ = state.leaving;
  for (const auto& attempt : attempts_) {
    if (attempt->held()) state.attempts.push_back({attempt->id(), attempt->phase()});
  }
  state.stuck_slots = told_stuck_ = StuckSlots();
  return state;
}

// While the disk takes nothing, no slot is of use. Those that are held are told as well: the end of
// an attempt may reach the coordinator before the next Sync, and must not free its slot.
int Agent::StuckSlots() const { return disk_.has_failed() ? options_.slots : trainers_.stuck(); }

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
  const bool heeds = order.reason == StopReason::kLeaseLost || attempt->Stop(CauseOf(order.reason));
  if (!heeds) return;  // said again
  spdlog::info("event=stop_ordered sweep={} trial={} attempt={} reason={}", order.id.sweep,
               order.id.trial, order.id.attempt, Word(order.reason));
  if (order.reason == StopReason::kLeaseLost) attempt->Abandon("the lease is lost");
}

void Agent::Apply(const Assignment& assignment) {
  if (Find(assignment.id) != nullptr) return;
  spdlog::info("event=assigned sweep={} trial={} attempt={}", assignment.id.sweep,
               assignment.id.trial, assignment.id.attempt);
  attempts_.push_back(std::make_unique<Attempt>(
      assignment,
      Attempt::Context{context_.loop, context_.io, context_.link, context_.folders, trainers_,
                       options_.trainer, options_.checkpoint_interval,
                       [this] { return sync_.InContactFor(); },
                       [this](int64_t needed) { disk_.Failed(needed); }},
      [this] { AttemptChanged(); }));
  // Assigned before the coordinator knew: given back at once, not by the end of its lease.
  if (draining_) attempts_.back()->Stop(Shutdown());
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
  // The slots that they hold, or held until now, are no longer as the coordinator was told.
  if (StuckSlots() != told_stuck_) sync_.SyncSoon();
  if (!draining_ || !attempts_.empty() || !trainers_.is_done()) return;
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
    if (disk_.has_failed()) {  // another worker may have it
      attempt->Stop({EndReason::kPreempted, "the worker's disk takes no files"});
      continue;
    }
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
