#include "worker/agent/attempt.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/quoted_text.h"
#include "core/trial_spec.h"
#include "core/trial_state.h"
#include "worker/agent/disk_error.h"
#include "worker/agent/fit_texts.h"

namespace adares::worker {
namespace {

namespace protocol = trainer_protocol;

int64_t Seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// Whether a trainer may go on after a trial that ended so. A failure may have left half of
// something behind: memory, a stuck device.
bool LeavesGoodState(EndReason reason) {
  return reason == EndReason::kFinished || reason == EndReason::kDiverged ||
         reason == EndReason::kCancelled;
}

std::string Text(EndReason reason) { return std::string(Name(reason)); }

template <typename Measurement>
void AddInParts(const std::vector<Measurement>& all, AttemptJournal& journal) {
  constexpr size_t kMeasurementsPerRecord = AttemptJournal::kMeasurementsPerRecord;
  for (size_t begin = 0; begin < all.size(); begin += kMeasurementsPerRecord) {
    const size_t end = std::min(all.size(), begin + kMeasurementsPerRecord);
    journal.Add(std::vector<Measurement>(all.begin() + static_cast<ptrdiff_t>(begin),
                                         all.begin() + static_cast<ptrdiff_t>(end)));
  }
}

}  // namespace

Attempt::Attempt(Assignment assignment, const Context& context, std::function<void()> changed)
    : assignment_(std::move(assignment)),
      context_(context),
      changed_(std::move(changed)),
      journal_(assignment_.id, {context.loop, context.link, context.folders},
               {.added = [this] { changed_(); },
                .failed = [this](const absl::Status& status) { RecordsFailed(status); },
                .log_file_failed = [this] { TellDiskFailed(); }}),
      courier_(assignment_.id, {context_.loop, context_.link, context_.folders.PathOf(id())},
               {.uploaded = [this](const Checkpoint& checkpoint) { journal_.Add(checkpoint); },
                .settled =
                    [this] {
                      if (end_) WriteEnd();
                    }}) {
  // It has not begun, and that is not its fault: another worker may have it.
  SetTimer(kSlotLimit, [this] {
    End({EndReason::kPreempted,
         absl::StrCat("its slot did not become free within ", Seconds(kSlotLimit), " s")});
  });
}

AttemptPhase Attempt::phase() const {
  if (state_ == State::kEnded) return AttemptPhase::kReporting;
  return stopping_ || killed_as_ ? AttemptPhase::kStopping : AttemptPhase::kRunning;
}

void Attempt::Launch(std::unique_ptr<Trainer> trainer) {
  state_ = State::kStarting;
  timer_.reset();
  if (!Prepare()) {
    if (trainer) context_.trainers.Keep(std::move(trainer));
    return;
  }
  FetchCheckpoint();
  if (!trainer) return StartTrainer();
  trainer_ = std::move(trainer);
  trainer_->BelongTo(*this);
  spdlog::info("event=trainer_reused sweep={} trial={} attempt={} pid={} trials={}", id().sweep,
               id().trial, id().attempt, trainer_->pid(), trainer_->trials());
  ready_ = true;
  BeginIfReady();
}

bool Attempt::Prepare() {
  opened_ = journal_.Open();
  if (!opened_) return false;
  auto spec = ParseTrialSpec(assignment_.spec_json);
  if (!spec.ok()) {
    End({EndReason::kError, absl::StrCat("this worker cannot read the trial's configuration: ",
                                         std::string(spec.status().message()))});
    return false;
  }
  spec_ = *std::move(spec);
  return true;
}

// While a trainer starts.
void Attempt::FetchCheckpoint() {
  if (!assignment_.checkpoint) return;
  fetching_ = true;
  courier_.Fetch(*assignment_.checkpoint,
                 [this](const absl::Status& status) { TakeFetched(status); });
}

void Attempt::TakeFetched(const absl::Status& status) {
  fetching_ = false;
  resumes_ = status.ok();
  if (status.ok()) return BeginIfReady();
  if (IsDiskError(status)) TellDiskFailed();
  KillAs(EndingOfFetch(status));
}

void Attempt::StartTrainer() {
  state_ = State::kStarting;
  ready_ = false;
  auto trainer = Trainer::Start(context_.io, context_.trainer, *this);
  if (!trainer.ok()) return End({EndReason::kError, std::string(trainer.status().message())});
  trainer_ = *std::move(trainer);
  spdlog::info("event=trainer_started sweep={} trial={} attempt={} pid={}", id().sweep, id().trial,
               id().attempt, trainer_->pid());
  SetTimer(kReadyTimeout, [this] {
    Fail(absl::StrCat("the trainer was not ready within ", Seconds(kReadyTimeout), " s"));
  });
}

bool Attempt::Stop(const StopCause& cause) {
  if (abandoned_) return false;
  if (end_) return HastenUpload(cause);
  if (state_ == State::kEnded) return false;
  if (stopping_ || killed_as_) return Hasten(cause);
  TakeLimits(cause);
  if (state_ == State::kWaiting) {
    End({cause.reason, cause.message});
    return true;
  }
  stopping_ = cause;
  if (state_ == State::kStarting || !trainer_->Stop().ok()) {
    KillAs({cause.reason, cause.message});
  } else {
    AwaitStop(cause.grace);
  }
  return true;
}

// What a cause says of how long to wait holds whatever the attempt is at.
void Attempt::TakeLimits(const StopCause& cause) {
  drops_checkpoint_ |= cause.drops_checkpoint;
  if (cause.upload_limit) upload_limit_ = cause.upload_limit;
  death_limit_ = cause.death_limit.value_or(death_limit_);
}

bool Attempt::Hasten(const StopCause& cause) {
  const bool overrules = cause.drops_checkpoint && !std::exchange(drops_checkpoint_, true);
  TakeLimits(cause);
  if (overrules) {
    stopping_ = cause;
    if (killed_as_ && !failed_) killed_as_ = {cause.reason, cause.message};
  }
  const auto left = timer_due_ - context_.loop.Now();
  const bool sooner = (killed_as_ ? death_limit_ : cause.grace) < left;
  if (sooner) killed_as_ ? AwaitDeath() : AwaitStop(cause.grace);
  return overrules || sooner;
}

bool Attempt::HastenUpload(const StopCause& cause) {
  TakeLimits(cause);
  if (cause.drops_checkpoint) {
    GiveUploadUp(cause.message);
    return true;
  }
  const bool sooner = cause.upload_limit && *cause.upload_limit < end_due_ - context_.loop.Now();
  if (sooner) AwaitUpload(*cause.upload_limit);
  return sooner;
}

void Attempt::AwaitStop(Duration grace) {
  SetTimer(grace, [this, grace] {
    KillAs(
        {stopping_->reason, absl::StrCat(stopping_->message, "; the trainer did not stop within ",
                                         Seconds(grace), " s and was killed")});
  });
}

void Attempt::SetTimer(Duration delay, EventLoop::Action action) {
  timer_due_ = context_.loop.Now() + delay;
  timer_ = context_.loop.After(delay, std::move(action));
}

void Attempt::Abandon(std::string_view why) {
  if (std::exchange(abandoned_, true)) return;
  spdlog::warn("event=attempt_abandoned sweep={} trial={} attempt={} why={:?}", id().sweep,
               id().trial, id().attempt, why);
  timer_.reset();
  end_timer_.reset();
  courier_.Drop();
  if (trainer_) context_.trainers.Kill(std::move(trainer_));
  changed_();
}

std::optional<ReportBatch> Attempt::NextBatch() {
  if (abandoned_) return std::nullopt;
  auto batch = journal_.NextBatch();
  if (batch.ok()) return *std::move(batch);
  TellDiskFailed();
  Abandon(std::string(batch.status().message()));
  return std::nullopt;
}

void Attempt::Acknowledge(int64_t sequence) {
  if (abandoned_) return;
  if (const absl::Status status = journal_.Acknowledge(sequence); !status.ok()) {
    Abandon(std::string(status.message()));
  } else if (!held()) {
    changed_();
  }
}

void Attempt::TakeEventLine(Trainer& /*trainer*/, std::string_view line) {
  if (failed_) return;
  const auto event = protocol::ParseEvent(line);
  if (!event.ok()) {
    Fail(absl::StrCat("the trainer sent a line that is not an event: ", Quoted(line), ": ",
                      std::string(event.status().message())));
    return;
  }
  heard_ |= state_ == State::kTraining;
  std::visit([this](const auto& kind) { Take(kind); }, *event);
}

void Attempt::TakeEndlessLine(Trainer& /*trainer*/) { Fail("the trainer sent an endless line"); }

void Attempt::TakeLog(Trainer& /*trainer*/, std::string_view bytes) { journal_.AddLog(bytes); }

void Attempt::Take(const protocol::ReadyEvent& event) {
  if (state_ != State::kStarting || killed_as_) return;
  timer_.reset();
  trainer_->set_ready(event);
  ready_ = true;
  BeginIfReady();
}

void Attempt::BeginIfReady() {
  const bool wanted = state_ == State::kStarting && trainer_ && !killed_as_ && !abandoned_;
  if (wanted && ready_ && !fetching_) BeginTrial();
}

void Attempt::BeginTrial() {
  state_ = State::kTraining;
  protocol::TrainCommand command{absl::StrCat("sweeps/", id().sweep, "/trials/", id().trial),
                                 id().attempt, spec_};
  if (context_.checkpoint_interval > Duration::zero() || resumes_) {
    command.checkpoints.folder = courier_.trainer_folder().string();
    command.checkpoints.every_seconds =
        std::chrono::duration<double>(context_.checkpoint_interval).count();
    command.checkpoints.resume = resumes_;
  }
  const absl::Status sent = trainer_->Train(command);
  if (sent.ok()) return;
  if (trainer_->trials() == 1) return Fail(std::string(sent.message()));
  // One that has served others is dead or dying, and the trial will be begun again: by another
  // worker where it does not die.
  trainer_->Kill();
  SetTimer(death_limit_, [this] {
    EndWithoutExit({EndReason::kPreempted, "a trainer of earlier trials did not take it"});
  });
}

void Attempt::Take(const protocol::StartEvent& event) {
  // Before it is told, for then the rest of what was trained would be superseded.
  if (resumes_ && event.resumed_step != assignment_.checkpoint->step) {
    return Fail(absl::StrCat("the trainer began at step ", event.resumed_step,
                             " and not at the checkpoint of step ", assignment_.checkpoint->step,
                             ", which is of no use to it; its log says why, and adares trial retry "
                             "--from-scratch begins anew"));
  }
  start_ = event;
  AttemptStart record{event.total_steps, event.total_epochs, event.parameters, event.provenance,
                      event.resumed_step};
  const protocol::ReadyEvent& ready = trainer_->ready();
  record.provenance.emplace("trainer", ready.version);
  record.provenance.emplace("libtorch", ready.libtorch);
  record.provenance.emplace("device", ready.device);
  record.provenance.emplace("trainer_trials", absl::StrCat(trainer_->trials()));
  journal_.Add(Fit(std::move(record)));
}

void Attempt::Take(const protocol::PointsEvent& event) { AddInParts(event.points, journal_); }

void Attempt::Take(const protocol::SkipWeightsEvent& event) { AddInParts(event.weights, journal_); }

void Attempt::Take(const protocol::FlagEvent& event) { journal_.Add(event.flag); }

void Attempt::Take(const protocol::ProgressEvent& event) {
  journal_.Add(Progress{event.step, start_.total_steps, event.epoch, start_.total_epochs,
                        event.images_per_second});
}

void Attempt::Take(const protocol::CheckpointEvent& event) {
  if (context_.checkpoint_interval == Duration::zero() || state_ == State::kEnded) return;
  CheckpointReason reason = CheckpointReason::kPeriodic;
  if (stopping_) reason = CheckpointReason::kOnStop;
  // Before the last evaluation it is not done yet.
  const bool is_done = event.epoch == start_.total_epochs;
  if (is_done && event.step == start_.total_steps) reason = CheckpointReason::kFinal;
  courier_.Take({event.step, event.epoch, reason});
}

void Attempt::Take(const protocol::EndEvent& event) {
  const bool was_killed = killed_as_.has_value();
  trainer_->DrainLog();  // what it printed of this trial, and not of the next
  // Where the disk did not take that, more would be missing of it: it ends as killed.
  if (killed_as_ && !was_killed) return;
  timer_.reset();
  // The slot is free: whoever hears of the end may give it another trial.
  std::unique_ptr<Trainer> trainer = std::move(trainer_);
  Ending ending = EndingOf(event);
  const EndReason reason = ending.reason;
  End(std::move(ending));
  if (LeavesGoodState(reason) && !was_killed) {
    context_.trainers.Keep(std::move(trainer));
  } else {
    context_.trainers.Dismiss(std::move(trainer),
                              absl::StrCat("its trial ended as ", Text(reason)));
  }
}

void Attempt::TakeExit(Trainer& trainer, const TrainerExit& exit) {
  spdlog::info("event=trainer_exited sweep={} trial={} attempt={} pid={} trials={} how={:?}",
               id().sweep, id().trial, id().attempt, trainer.pid(), trainer.trials(),
               Describe(exit));
  const bool was_used = trainer.trials() > (state_ == State::kStarting ? 0 : 1);
  timer_.reset();
  trainer_.reset();
  if (was_used && !heard_ && !stopping_ && !killed_as_) {
    BeginAgain(exit);
  } else {
    End(EndingOf(exit), exit.exit_code);
  }
  changed_();
}

// It may have died of what an earlier trial left behind, and this one would pay for it.
void Attempt::BeginAgain(const TrainerExit& exit) {
  spdlog::warn("event=trial_begun_again sweep={} trial={} attempt={}", id().sweep, id().trial,
               id().attempt);
  journal_.AddLogLine(absl::StrCat("adares-worker: a trainer of earlier trials ", Describe(exit),
                                   " before it began this one; another begins it again"));
  if (state_ != State::kEnded) StartTrainer();
}

}  // namespace adares::worker
