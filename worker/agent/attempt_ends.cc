// How attempts end: as what, and after what they still wait for.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/trial_state.h"
#include "worker/agent/attempt.h"
#include "worker/agent/disk_error.h"

namespace adares::worker {

namespace protocol = trainer_protocol;

// Never from scratch while there is a checkpoint: that would supersede all that was trained. The
// coordinator that has lost one names an earlier one with its next assignment, or none, and where
// this machine's disk fails another worker may do it: neither counts against the trial. What the
// coordinator could not give for two minutes, and what comes damaged, ends as an error: after a
// preemption the next attempt would begin at once, any number of times, and hold a slot for as long
// as that lasts. As an error it is tried once more, and then a person hears of it; nothing is lost
// by that, as a retry goes on from the checkpoint.
Attempt::Ending Attempt::EndingOfFetch(const absl::Status& status) const {
  const std::string why(status.message());
  const std::string which = absl::StrCat("the checkpoint of step ", assignment_.checkpoint->step);
  if (absl::IsNotFound(status)) {
    return {EndReason::kPreempted,
            absl::StrCat(which, " is gone: ", why,
                         "; the next attempt goes on from an earlier one, if there is any")};
  }
  if (absl::IsDataLoss(status)) {
    return {EndReason::kError, absl::StrCat(which, " came damaged twice: ", why,
                                            "; look at this worker's disk and at the network")};
  }
  return {IsDiskError(status) ? EndReason::kPreempted : EndReason::kError,
          absl::StrCat(which, " could not be fetched: ", why)};
}

Attempt::Ending Attempt::EndingOf(const protocol::EndEvent& event) const {
  if (event.reason != EndReason::kCancelled) return {event.reason, event.message, event.digests};
  if (stopping_) return {stopping_->reason, stopping_->message};
  return {EndReason::kError, "the trainer stopped without being asked to"};
}

Attempt::Ending Attempt::EndingOf(const TrainerExit& exit) const {
  if (killed_as_) return *killed_as_;
  if (stopping_) return {stopping_->reason, stopping_->message};
  std::string message = absl::StrCat("the trainer ", Describe(exit));
  if (exit.signal == SIGKILL) {
    absl::StrAppend(&message, "; the kernel's out-of-memory killer does this");
  } else if (exit.signal == 0) {
    absl::StrAppend(&message, " before the end of the trial");
  }
  return {EndReason::kError, std::move(message)};
}

// That this machine's disk fails is not the trial's fault, and not counted: another worker may have
// it, from its last checkpoint. One that is still on its way could not be recorded any more.
void Attempt::RecordsFailed(const absl::Status& status) {
  if (abandoned_) return;
  if (opened_) {
    spdlog::error("event=records_lost sweep={} trial={} attempt={} error={:?}", id().sweep,
                  id().trial, id().attempt, std::string(status.message()));
  }
  TellDiskFailed();
  failed_ = drops_checkpoint_ = true;
  KillAs({EndReason::kPreempted,
          absl::StrCat("the worker's disk failed: ", std::string(status.message()))});
  // One that has ended and waits for its upload: soon, as this may come from the upload's end.
  if (!end_) return;
  end_timer_ = context_.loop.After(Duration::zero(),
                                   [this] { GiveUploadUp("the worker's disk cannot record it"); });
}

// Who tries again needs what is there now, and the checkpoint to go on from.
void Attempt::TellDiskFailed() const {
  int64_t needed = 0;
  if (assignment_.checkpoint) {
    for (const CheckpointFile& file : assignment_.checkpoint->files) needed += file.size_bytes;
  }
  context_.disk_failed(std::max(needed, context_.folders.BytesOf(id())));
}

// Nothing that the trainer says from now on would make sense.
void Attempt::Fail(std::string message) {
  failed_ = true;
  KillAs({EndReason::kError, std::move(message)});
}

// The attempt ends once its process is gone: nothing it holds is in the way of the next one then.
// Until then come the events that the trainer had sent.
void Attempt::KillAs(Ending ending) {
  if (abandoned_ || state_ == State::kEnded) return;
  if (!trainer_) {
    End(std::move(ending));
    return;
  }
  if (!killed_as_) killed_as_ = std::move(ending);
  trainer_->Kill();
  AwaitDeath();
}

void Attempt::AwaitDeath() {
  SetTimer(death_limit_, [this] { EndWithoutExit(*killed_as_); });
}

// The slot stays with the process, which is the pool's from here on.
void Attempt::EndWithoutExit(Ending ending) {
  spdlog::error("event=trainer_does_not_die sweep={} trial={} attempt={} pid={}", id().sweep,
                id().trial, id().attempt, trainer_->pid());
  context_.trainers.KeepStuck(std::move(trainer_));
  absl::StrAppend(&ending.message, "; its process does not end");
  End(std::move(ending));
}

void Attempt::End(Ending ending, std::optional<int32_t> exit_code) {
  spdlog::info("event=attempt_ended sweep={} trial={} attempt={} reason={} message={:?}",
               id().sweep, id().trial, id().attempt, Name(ending.reason), ending.message);
  state_ = State::kEnded;
  timer_.reset();
  end_ = AttemptEnd{
      ending.reason, std::move(ending.message), exit_code, {}, std::move(ending.digests)};
  if (courier_.idle() || drops_checkpoint_) return WriteEnd();
  AwaitUpload(upload_limit_.value_or(kUploadLimit));
  changed_();
}

// The coordinator takes nothing of an attempt after its end.
void Attempt::AwaitUpload(Duration limit) {
  end_due_ = context_.loop.Now() + limit;
  end_timer_ = context_.loop.After(limit, [this] { UploadIsLate(); });
  courier_.Hurry();
}

// A coordinator that is away would not hear of the end either. One that answers, but takes no
// uploads, is not waited for.
void Attempt::UploadIsLate() {
  const absl::Status& failure = courier_.upload_failure();
  const bool is_away = absl::IsUnavailable(failure) || absl::IsDeadlineExceeded(failure);
  const Duration answers = context_.in_contact_for();
  if (is_away && !upload_limit_ && answers < kUploadLimit) {
    return AwaitUpload(kUploadLimit - answers);
  }
  GiveUploadUp(failure.ok() ? "it took too long" : std::string(failure.message()));
}

void Attempt::GiveUploadUp(const std::string& why) {
  spdlog::error("event=checkpoint_given_up sweep={} trial={} attempt={} error={:?}", id().sweep,
                id().trial, id().attempt, why);
  journal_.AddLogLine(absl::StrCat("adares-worker: the last checkpoint was not uploaded: ", why));
  WriteEnd();
}

void Attempt::WriteEnd() {
  if (!end_) return;  // it gave its upload up meanwhile
  end_timer_.reset();
  courier_.Drop();
  journal_.End(*std::exchange(end_, std::nullopt));
  changed_();
}

}  // namespace adares::worker
