#include "server/services/sync_waiters.h"

#include <memory>
#include <utility>

namespace adares {
namespace {

absl::Status Draining() {
  return MakeError(absl::StatusCode::kUnavailable, reason::kDraining,
                   "the coordinator is stopping; try again");
}

}  // namespace

int64_t SyncWaiters::NewTicket() {
  const std::lock_guard lock(mutex_);
  return next_ticket_++;
}

void SyncWaiters::Sync(int64_t ticket, SyncInput input, Duration max_wait, Respond respond) {
  Evaluate({ticket, std::move(input), max_wait, Timestamp{}, std::move(respond)});
}

void SyncWaiters::Evaluate(Call call) {
  if (IsStopping()) return call.respond(Draining());
  auto shared = std::make_shared<Call>(std::move(call));
  loop_->Call<SyncOutput>(
      [shared](Coordinator& coordinator, Timestamp now) {
        if (shared->deadline == Timestamp{}) shared->deadline = now + shared->max_wait;
        return coordinator.Sync(shared->input, now);
      },
      [this, shared](absl::StatusOr<SyncOutput> output) {
        if (!output.ok() || !output->empty() || shared->max_wait <= Duration(0)) {
          shared->respond(std::move(output));
        } else {
          Park(std::move(*shared));
        }
      });
}

void SyncWaiters::Park(Call call) {
  std::vector<Call> replaced;
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    stopping = stopping_;
    if (!stopping) {
      const auto it = parked_.find(call.input.worker);
      if (it != parked_.end()) {
        replaced.push_back(std::move(it->second));
        parked_.erase(it);
      }
      const std::string worker = call.input.worker;
      parked_.emplace(worker, std::move(call));
    }
  }
  if (stopping) call.respond(Draining());
  for (Call& earlier : replaced) earlier.respond(SyncOutput{});
}

template <typename Predicate>
std::vector<SyncWaiters::Call> SyncWaiters::Take(Predicate wanted) {
  std::vector<Call> taken;
  const std::lock_guard lock(mutex_);
  for (auto it = parked_.begin(); it != parked_.end();) {
    if (wanted(it->second)) {
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
    call.respond(absl::CancelledError("the worker gave the call up"));
  }
}

void SyncWaiters::Committed(const Effects& effects) {
  if (!effects.queue_grew && effects.workers_to_wake.empty()) return;
  for (Call& call : Take([&effects](const Call& c) {
         return (effects.queue_grew && !c.input.draining) ||
                effects.workers_to_wake.contains(c.input.worker);
       })) {
    Evaluate(std::move(call));
  }
}

void SyncWaiters::Ticked(Timestamp now) {
  for (Call& call : Take([now](const Call& c) { return c.deadline <= now; })) {
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
