#include "server/coordinator/commit_loop.h"

#include <algorithm>

#include "server/store/sqlite.h"

namespace adares {
namespace {

using SteadyClock = std::chrono::steady_clock;

// What waits longer is committed next: answers to what is done should not wait for all of it.
constexpr std::chrono::milliseconds kLongestTransaction{500};

// Errors of the caller's leave the coordinator's memory as it was, as does a refusal of one too
// many.
bool IsCallersFault(const absl::Status& status) {
  return ErrorReason(status) == reason::kOverloaded || absl::IsInvalidArgument(status) ||
         absl::IsNotFound(status) || absl::IsAlreadyExists(status) ||
         absl::IsFailedPrecondition(status) || absl::IsCancelled(status);
}

}  // namespace

absl::Status DrainingError() {
  return MakeError(absl::StatusCode::kUnavailable, reason::kDraining,
                   "the coordinator is stopping; try again");
}

absl::Status OverloadedError() {
  return MakeError(absl::StatusCode::kUnavailable, reason::kOverloaded,
                   "the coordinator has more to do than it can; try again in a moment");
}

absl::StatusOr<std::unique_ptr<CommitLoop>> CommitLoop::Start(std::unique_ptr<Store> store,
                                                              CommitLoopOptions options,
                                                              Listener listener) {
  std::unique_ptr<CommitLoop> loop(
      new CommitLoop(std::move(store), std::move(options), std::move(listener)));
  loop->last_hearing_ = loop->options_.clock();
  ADARES_RETURN_IF_ERROR(loop->coordinator_.Recover(loop->last_hearing_));
  loop->thread_ = std::jthread([raw = loop.get()] { raw->Run(); });
  return loop;
}

CommitLoop::CommitLoop(std::unique_ptr<Store> store, CommitLoopOptions options, Listener listener)
    : store_(std::move(store)),
      options_(std::move(options)),
      listener_(std::move(listener)),
      coordinator_(store_.get(), options_.lease, options_.has_blob),
      last_tick_(SteadyClock::now().time_since_epoch().count()) {}

CommitLoop::~CommitLoop() { Stop(); }

void CommitLoop::Post(Command command, Answer answer, size_t bytes) {
  absl::Status refused = DrainingError();
  {
    const std::lock_guard lock(mutex_);
    const bool is_full =
        waiting_.size() >= options_.max_waiting ||
        (bytes > 0 && waiting_bytes_ > 0 && waiting_bytes_ + bytes > options_.max_waiting_bytes);
    if (!stopping_ && is_full) {
      refused = OverloadedError();
    } else if (!stopping_) {
      waiting_bytes_ += bytes;
      waiting_.push_back({std::move(command), std::move(answer), absl::OkStatus()});
      wake_.notify_one();
      return;
    }
  }
  answer(refused);
}

absl::Status CommitLoop::PostLook(Look look) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return DrainingError();
  if (looks_.size() >= options_.max_waiting) return OverloadedError();
  looks_.push_back(std::move(look));
  wake_.notify_one();
  return absl::OkStatus();
}

void CommitLoop::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

SteadyClock::time_point CommitLoop::last_tick() const {
  return SteadyClock::time_point(SteadyClock::duration(last_tick_.load()));
}

void CommitLoop::Run() {
  std::deque<Entry> batch;
  for (bool running = true; running;) {
    std::vector<Look> looks;
    {
      std::unique_lock lock(mutex_);
      if (batch.empty()) {
        wake_.wait_for(lock, options_.tick,
                       [this] { return stopping_ || !waiting_.empty() || !looks_.empty(); });
      }
      // Not before the last ones are done: what waits is counted.
      if (batch.empty()) {
        batch.swap(waiting_);
        waiting_bytes_ = 0;
      }
      looks.swap(looks_);
      running = !stopping_ || !batch.empty();
    }
    for (const Look& look : looks) look(coordinator_);
    RunBatch(batch);
    last_tick_ = SteadyClock::now().time_since_epoch().count();
  }
}

void CommitLoop::RunBatch(std::deque<Entry>& batch) {
  const Timestamp now = options_.clock();
  Effects effects;
  if (!batch.empty() || coordinator_.NextExpiry() <= now || !last_commit_succeeded_ ||
      must_reload_) {
    const SteadyClock::time_point begin = SteadyClock::now();
    std::vector<Entry> done;
    const absl::Status committed = RunTransaction(done, batch, now, &effects);
    if (listener_.measured) {
      const std::chrono::duration<double> length = SteadyClock::now() - begin;
      listener_.measured(length.count(), committed);
    }
    if (!committed.ok()) {
      Tell(committed);
      Reload(now);
      effects = {};
    }
    for (Entry& entry : done) entry.answer(committed.ok() ? entry.status : committed);
    if (listener_.committed) listener_.committed(effects);
  } else {
    NoteHearing(now);
  }
  if (listener_.ticked) listener_.ticked(coordinator_, now);
}

// While this thread did not run, renewals waited in its queue; while the file took nothing, they
// failed. And a clock that is set back moves everything that was counted from it.
void CommitLoop::NoteHearing(Timestamp now) {
  const Duration pause = now - last_hearing_;
  if (pause > options_.lease.lease_duration / 4 || pause < Duration(0)) {
    coordinator_.Postpone(pause);
  }
  last_hearing_ = now;
}

absl::Status CommitLoop::RunTransaction(std::vector<Entry>& done, std::deque<Entry>& batch,
                                        Timestamp now, Effects* effects) {
  const SteadyClock::time_point end = SteadyClock::now() + kLongestTransaction;
  absl::Status status = store_->Begin();
  if (status.ok() && must_reload_) {
    status = coordinator_.Reload(now);
    must_reload_ = !status.ok();
  }
  if (status.ok() && !last_commit_succeeded_) status = store_->TryToWrite();
  if (status.ok()) NoteHearing(now);
  if (status.ok() && coordinator_.NextExpiry() <= now) {
    // Leases that are over end before anything else looks at them.
    const absl::Status expired =
        RunCommand([](Coordinator& coordinator, Timestamp at) { return coordinator.Expire(at); },
                   now, effects);
    if (!store_->InTransaction()) status = expired;
  }
  do {
    if (batch.empty()) break;
    done.push_back(std::move(batch.front()));
    batch.pop_front();
    if (status.ok()) done.back().status = RunCommand(done.back().command, now, effects);
    // SQLite undid the whole transaction by itself: the disk is full, or fails.
    if (status.ok() && !store_->InTransaction()) status = done.back().status;
  } while (!status.ok() || SteadyClock::now() < end);
  const bool wrote = !status.ok() || store_->HasWritten();
  if (status.ok()) status = store_->Commit();
  if (!status.ok()) store_->Rollback();
  if (!status.ok() || wrote) last_commit_succeeded_ = status.ok();
  return WithoutRefusal(std::move(status));
}

absl::Status CommitLoop::RunCommand(const Command& command, Timestamp now, Effects* effects) {
  absl::Status status = store_->BeginSavepoint();
  if (status.ok()) status = command(coordinator_, now);
  if (status.ok()) status = store_->ReleaseSavepoint();
  if (status.ok()) {
    effects->Merge(coordinator_.TakeEffects());
    return status;
  }
  store_->RollbackSavepoint();
  coordinator_.DropEffects();
  if (!IsCallersFault(status)) {
    Tell(status);
    Reload(now);
  }
  return status;
}

// If the store cannot be read either, the next transaction begins with another try.
void CommitLoop::Reload(Timestamp now) {
  const absl::Status status = coordinator_.Reload(now);
  must_reload_ = !status.ok();
  if (!status.ok()) Tell(status);
}

void CommitLoop::Tell(const absl::Status& failure) {
  if (listener_.failed) listener_.failed(failure);
}

}  // namespace adares
