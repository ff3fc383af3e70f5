#include "server/coordinator/commit_loop.h"

namespace adares {
namespace {

using SteadyClock = std::chrono::steady_clock;

absl::Status Draining() {
  return MakeError(absl::StatusCode::kUnavailable, reason::kDraining,
                   "the coordinator is stopping; try again");
}

// Errors of the caller's leave the coordinator's memory as it was.
bool IsCallersFault(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
         absl::IsAlreadyExists(status) || absl::IsFailedPrecondition(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<CommitLoop>> CommitLoop::Start(std::unique_ptr<Store> store,
                                                              CommitLoopOptions options,
                                                              Listener listener) {
  std::unique_ptr<CommitLoop> loop(
      new CommitLoop(std::move(store), std::move(options), std::move(listener)));
  loop->last_batch_ = loop->options_.clock();
  ADARES_RETURN_IF_ERROR(loop->coordinator_.Recover(loop->last_batch_));
  loop->thread_ = std::jthread([raw = loop.get()] { raw->Run(); });
  return loop;
}

CommitLoop::CommitLoop(std::unique_ptr<Store> store, CommitLoopOptions options, Listener listener)
    : store_(std::move(store)),
      options_(std::move(options)),
      listener_(std::move(listener)),
      coordinator_(store_.get(), options_.lease),
      last_tick_(SteadyClock::now().time_since_epoch().count()) {}

CommitLoop::~CommitLoop() { Stop(); }

void CommitLoop::Post(Command command, Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      waiting_.push_back({std::move(command), std::move(answer), absl::OkStatus()});
      wake_.notify_one();
      return;
    }
  }
  answer(Draining());
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
  for (bool running = true; running;) {
    std::vector<Entry> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, options_.tick, [this] { return stopping_ || !waiting_.empty(); });
      batch.swap(waiting_);
      running = !stopping_ || !batch.empty();
    }
    RunBatch(std::move(batch));
    last_tick_ = SteadyClock::now().time_since_epoch().count();
  }
}

void CommitLoop::RunBatch(std::vector<Entry> batch) {
  const Timestamp now = options_.clock();
  // While this thread did not run, renewals waited in its queue.
  const Duration pause = now - last_batch_;
  if (pause > options_.lease.lease_duration / 4) coordinator_.Postpone(pause);
  const std::optional<Timestamp> expiry = coordinator_.NextExpiry();
  Effects effects;
  if (!batch.empty() || (expiry && *expiry <= now)) {
    const SteadyClock::time_point begin = SteadyClock::now();
    const absl::Status committed = RunTransaction(batch, now, &effects);
    last_commit_succeeded_ = committed.ok();
    if (!committed.ok()) {
      Reload(now);
      effects = {};
    }
    for (Entry& entry : batch) entry.answer(committed.ok() ? entry.status : committed);
    if (listener_.measured) {
      listener_.measured(std::chrono::duration<double>(SteadyClock::now() - begin).count(),
                         committed);
    }
    if (listener_.committed) listener_.committed(effects);
  }
  if (listener_.ticked) listener_.ticked(coordinator_, now);
  last_batch_ = now;
}

absl::Status CommitLoop::RunTransaction(std::vector<Entry>& batch, Timestamp now,
                                        Effects* effects) {
  absl::Status status = store_->Begin();
  if (!status.ok()) return status;
  // Leases that are over end before anything else looks at them.
  (void)RunCommand([](Coordinator& coordinator, Timestamp at) { return coordinator.Expire(at); },
                   now, effects);
  for (Entry& entry : batch) entry.status = RunCommand(entry.command, now, effects);
  status = store_->Commit();
  if (!status.ok()) store_->Rollback();
  return status;
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
  if (!IsCallersFault(status)) Reload(now);
  return status;
}

void CommitLoop::Reload(Timestamp now) {
  // If the store cannot be read either, the next command fails with its error and tries again.
  (void)coordinator_.Reload(now);
}

}  // namespace adares
