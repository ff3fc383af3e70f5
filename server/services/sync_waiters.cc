#include "server/services/sync_waiters.h"

#include <memory>
#include <utility>

namespace adares {
namespace {

absl::Status Draining() {
  return MakeError(absl::StatusCode::kUnavailable, reason::kDraining,
                   "the coordinator is stopping; try again");
}

absl::Status GivenUp() { return absl::CancelledError("the worker gave the call up"); }

}  // namespace

int64_t SyncWaiters::NewTicket() {
  const std::lock_guard lock(mutex_);
  return next_ticket_++;
}

void SyncWaiters::Sync(int64_t ticket, SyncInput input, Duration max_wait, Respond respond) {
  EndEarlierCalls(input.worker);
  {
    const std::lock_guard lock(mutex_);
    evaluated_[ticket] = {input.worker};
  }
  Evaluate({ticket, std::move(input), max_wait, Timestamp{}, std::move(respond)});
}

// What an earlier call stated is not true any longer: it must not be looked at again.
void SyncWaiters::EndEarlierCalls(const std::string& worker) {
  for (Call& call : Take([&worker](const Call& c) { return c.input.worker == worker; })) {
    call.respond(SyncOutput{});
  }
  const std::lock_guard lock(mutex_);
  for (auto& [ticket, evaluated] : evaluated_) {
    evaluated.given_up = evaluated.given_up || evaluated.worker == worker;
  }
}

void SyncWaiters::Evaluate(Call call) {
  if (IsStopping()) {
    Forget(call.ticket);
    return call.respond(Draining());
  }
  auto shared = std::make_shared<Call>(std::move(call));
  loop_->Call<SyncOutput>(
      [this, shared](Coordinator& coordinator, Timestamp now) -> absl::StatusOr<SyncOutput> {
        if (IsGivenUp(shared->ticket)) return GivenUp();
        if (shared->deadline == Timestamp{}) shared->deadline = now + shared->max_wait;
        return coordinator.Sync(shared->input, now);
      },
      [this, shared](absl::StatusOr<SyncOutput> output) {
        const bool given_up = Forget(shared->ticket);
        if (given_up || !output.ok() || !output->empty() || shared->max_wait <= Duration(0)) {
          shared->respond(std::move(output));
        } else {
          Park(std::move(*shared));
        }
      });
}

bool SyncWaiters::IsGivenUp(int64_t ticket) {
  const std::lock_guard lock(mutex_);
  return evaluated_.at(ticket).given_up;
}

bool SyncWaiters::Forget(int64_t ticket) {
  const std::lock_guard lock(mutex_);
  const bool given_up = evaluated_.at(ticket).given_up;
  evaluated_.erase(ticket);
  return given_up;
}

void SyncWaiters::Park(Call call) {
  bool parked = false;
  {
    const std::lock_guard lock(mutex_);
    // Every later call of the worker would have given this one up: it is the only one.
    const std::string worker = call.input.worker;
    parked = !stopping_;
    if (parked) parked_.insert_or_assign(worker, std::move(call));
  }
  if (!parked) call.respond(Draining());
}

template <typename Predicate>
std::vector<SyncWaiters::Call> SyncWaiters::Take(Predicate wanted, bool to_evaluate) {
  std::vector<Call> taken;
  const std::lock_guard lock(mutex_);
  for (auto it = parked_.begin(); it != parked_.end();) {
    if (wanted(it->second)) {
      if (to_evaluate) evaluated_[it->second.ticket] = {it->second.input.worker};
      taken.push_back(std::move(it->second));
      it = parked_.erase(it);
    } else {
      ++it;
    }
  }
  return taken;
}

void SyncWaiters::Cancel(int64_t ticket) {
  for (Call& call : Take([ticket](const Call& c) { return c.ticket == ticket; })) {
    call.respond(GivenUp());
  }
  const std::lock_guard lock(mutex_);
  const auto it = evaluated_.find(ticket);
  if (it != evaluated_.end()) it->second.given_up = true;
}

void SyncWaiters::Committed(const Effects& effects) {
  if (!effects.queue_grew && effects.workers_to_wake.empty()) return;
  const auto has_news = [&effects](const Call& c) {
    return (effects.queue_grew && !c.input.draining) ||
           effects.workers_to_wake.contains(c.input.worker);
  };
  for (Call& call : Take(has_news, /*to_evaluate=*/true)) Evaluate(std::move(call));
}

void SyncWaiters::Ticked(Timestamp now) {
  // A deadline further away than it ever was means that the clock was set back.
  const auto is_over = [now](const Call& c) {
    return c.deadline <= now || c.deadline - now > c.max_wait;
  };
  for (Call& call : Take(is_over)) {
    call.respond(SyncOutput{});
  }
}

bool SyncWaiters::IsStopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void SyncWaiters::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (Call& call : Take([](const Call&) { return true; })) {
    call.respond(Draining());
  }
}

}  // namespace adares
