// A call is in `calls_` from its beginning until somebody takes it off under the lock; who does
// answers it. Only Settle takes off what is with the commit loop.
#include "server/services/sync_waiters.h"

#include <utility>

namespace adares {
namespace {

// Whether it was said before the other one, or that is not known.
bool IsEarlier(const SyncInput& input, const SyncInput& other) {
  return input.worker == other.worker &&
         (input.instance != other.instance || input.sequence <= other.sequence);
}

absl::Status GivenUp() { return absl::CancelledError("the worker gave the call up"); }

}  // namespace

int64_t SyncWaiters::NewTicket() {
  const std::lock_guard lock(mutex_);
  return next_ticket_++;
}

void SyncWaiters::Sync(int64_t ticket, SyncInput input, Duration max_wait, Respond respond) {
  auto call = std::make_shared<Call>();
  call->ticket = ticket;
  call->input = std::move(input);
  call->max_wait = max_wait;
  call->respond = std::move(respond);
  std::vector<CallPointer> earlier;
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    const auto is_earlier = [&](const Call& c) { return IsEarlier(c.input, call->input); };
    earlier = Remove(is_earlier);
    for (auto& [other, held] : calls_) held->given_up = held->given_up || is_earlier(*held);
    stopping = stopping_;
    if (!stopping) calls_[ticket] = call;
  }
  for (const CallPointer& ended : earlier) ended->respond(SyncOutput{});
  if (stopping) return call->respond(DrainingError());
  Evaluate(call);
}

void SyncWaiters::Evaluate(const CallPointer& call) {
  loop_->Call<SyncOutput>(
      [this, call](Coordinator& coordinator, Timestamp now) -> absl::StatusOr<SyncOutput> {
        if (IsGivenUp(*call)) return GivenUp();
        if (call->deadline == Timestamp{}) call->deadline = now + call->max_wait;
        return coordinator.Sync(call->input, now);
      },
      [this, call](absl::StatusOr<SyncOutput> output) { Settle(call, std::move(output)); });
}

void SyncWaiters::Settle(const CallPointer& call, absl::StatusOr<SyncOutput> output) {
  {
    const std::lock_guard lock(mutex_);
    const bool says_something = !output.ok() || !output->empty();
    if (!says_something && stopping_) output = DrainingError();
    if (!says_something && !stopping_ && !call->given_up && call->max_wait > Duration(0)) {
      call->waits = true;
      call->takes_more = output->takes_more;
      return;
    }
    calls_.erase(call->ticket);
  }
  call->respond(std::move(output));
}

bool SyncWaiters::IsGivenUp(const Call& call) {
  const std::lock_guard lock(mutex_);
  return call.given_up;
}

template <typename Predicate>
std::vector<SyncWaiters::CallPointer> SyncWaiters::Remove(Predicate wanted) {
  std::vector<CallPointer> removed;
  std::erase_if(calls_, [&](const auto& entry) {
    if (!entry.second->waits || !wanted(*entry.second)) return false;
    removed.push_back(entry.second);
    return true;
  });
  return removed;
}

void SyncWaiters::Cancel(int64_t ticket) {
  std::vector<CallPointer> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting = Remove([ticket](const Call& call) { return call.ticket == ticket; });
    const auto it = calls_.find(ticket);
    if (it != calls_.end()) it->second->given_up = true;
  }
  for (const CallPointer& call : waiting) call->respond(GivenUp());
}

void SyncWaiters::Committed(const Effects& effects) {
  if (!effects.queue_grew && effects.workers_to_wake.empty()) return;
  std::vector<CallPointer> woken;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [ticket, call] : calls_) {
      const bool has_news = (effects.queue_grew && call->takes_more) ||
                            effects.workers_to_wake.contains(call->input.worker);
      if (!call->waits || !has_news) continue;
      call->waits = false;
      woken.push_back(call);
    }
  }
  for (const CallPointer& call : woken) Evaluate(call);
}

void SyncWaiters::Ticked(Timestamp now) {
  std::vector<CallPointer> over;
  {
    const std::lock_guard lock(mutex_);
    // A deadline further away than it ever was means that the clock was set back.
    over = Remove([now](const Call& call) {
      return call.deadline <= now || call.deadline - now > call.max_wait;
    });
  }
  for (const CallPointer& call : over) call->respond(SyncOutput{});
}

void SyncWaiters::Stop() {
  std::vector<CallPointer> waiting;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting = Remove([](const Call&) { return true; });
  }
  for (const CallPointer& call : waiting) call->respond(DrainingError());
}

}  // namespace adares
