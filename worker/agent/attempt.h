// One attempt on this machine, from its assignment until its last record is acknowledged.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/records.h"
#include "core/trainer_protocol.h"
#include "core/trial_spec.h"
#include "worker/agent/attempt_journal.h"
#include "worker/agent/checkpoint_courier.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/event_loop.h"
#include "worker/agent/trainer.h"
#include "worker/agent/trainer_pool.h"

namespace adares::worker {

// Lives on the owner thread; destroying it kills its trainer.
class Attempt final : private TrainerOwner {
 public:
  static constexpr Duration kReadyTimeout = std::chrono::seconds(120);
  // How long the end of an attempt waits until its last checkpoint is up. While the coordinator is
  // away it waits on: the end would not arrive either.
  static constexpr Duration kUploadLimit = std::chrono::minutes(10);
  // How long an attempt may wait for a slot, which the trainer of an earlier one may hold. Then
  // others may have it.
  static constexpr Duration kSlotLimit = std::chrono::seconds(60);

  struct Context {
    EventLoop& loop;
    boost::asio::io_context& io;
    CoordinatorLink& link;
    AttemptFolders& folders;
    TrainerPool& trainers;
    const TrainerProgram& trainer;
    Duration checkpoint_interval{};  // zero: none are uploaded
    // For how long the coordinator has answered by now; zero while it is away.
    std::function<Duration()> in_contact_for;
    // The disk does not take what the attempt wants to keep: about so many bytes in all.
    std::function<void(int64_t)> disk_failed;
  };

  // `changed` is called when there is something to send, and when one of the predicates below has
  // changed. It must not destroy the attempt.
  Attempt(Assignment assignment, const Context& context, std::function<void()> changed);
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  const AttemptId& id() const { return assignment_.id; }

  // Launch was not called, and nothing has ended it.
  bool waiting() const { return state_ == State::kWaiting && !abandoned_; }
  // Occupies a slot.
  bool has_trainer() const { return trainer_ != nullptr; }
  // The coordinator is to know of it.
  bool held() const { return !abandoned_ && !journal_.drained(); }
  // Nothing is left to do.
  bool over() const { return !held() && !has_trainer(); }
  AttemptPhase phase() const;

  // Begins the trial with `trainer`, which works for nobody, or where that is null with one that it
  // starts. Once.
  void Launch(std::unique_ptr<Trainer> trainer);

  // Why an attempt is to stop, and how it ends for that.
  struct StopCause {
    EndReason reason = EndReason::kCancelled;
    std::string message;
    Duration grace{};  // until the trainer is killed
    // Nobody goes on from where it stopped: its last checkpoint is not waited for.
    bool drops_checkpoint = false;
    // For good, instead of kUploadLimit and TrainerPool::kDeathLimit.
    std::optional<Duration> upload_limit = std::nullopt;
    std::optional<Duration> death_limit = std::nullopt;
  };

  // Asks the trainer to stop and kills it after the grace; the attempt ends as `cause` says, unless
  // the trainer said before its death how the trial ended. One that is stopping already has no more
  // time than this cause gives, and ends for this one if that drops the checkpoint; one that has
  // ended does not wait longer for its checkpoint. False where nothing has changed.
  bool Stop(const StopCause& cause);

  // Kills the trainer and forgets everything.
  void Abandon(std::string_view why);

  // Records to send, nullopt where there are none now.
  std::optional<ReportBatch> NextBatch();
  void Rewind() { journal_.Rewind(); }
  void Acknowledge(int64_t sequence);

 private:
  enum class State {
    kWaiting,   // for a slot
    kStarting,  // the trainer or the checkpoint to go on from is not ready yet
    kTraining,  // it has its command
    kEnded,     // the end is recorded, or waits for the last checkpoint
  };

  struct Ending {
    EndReason reason = EndReason::kError;
    std::string message;
    std::map<std::string, std::string> digests = {};
  };

  void TakeEventLine(Trainer& trainer, std::string_view line) override;
  void TakeEndlessLine(Trainer& trainer) override;
  void TakeLog(Trainer& trainer, std::string_view bytes) override;
  void TakeExit(Trainer& trainer, const TrainerExit& exit) override;

  // False where that has ended the attempt.
  bool Prepare();
  void StartTrainer();
  void FetchCheckpoint();
  void TakeFetched(const absl::Status& status);
  void BeginIfReady();
  void BeginTrial();
  void BeginAgain(const TrainerExit& exit);
  void Take(const trainer_protocol::ReadyEvent& event);
  void Take(const trainer_protocol::StartEvent& event);
  void Take(const trainer_protocol::PointsEvent& event);
  void Take(const trainer_protocol::SkipWeightsEvent& event);
  void Take(const trainer_protocol::FlagEvent& event);
  void Take(const trainer_protocol::ProgressEvent& event);
  void Take(const trainer_protocol::CheckpointEvent& event);
  void Take(const trainer_protocol::EndEvent& event);
  Ending EndingOfFetch(const absl::Status& status) const;
  Ending EndingOf(const trainer_protocol::EndEvent& event) const;
  Ending EndingOf(const TrainerExit& exit) const;
  void RecordsFailed(const absl::Status& status);
  void TellDiskFailed() const;
  void Fail(std::string message);
  void TakeLimits(const StopCause& cause);
  bool Hasten(const StopCause& cause);
  bool HastenUpload(const StopCause& cause);
  void KillAs(Ending ending);
  void AwaitStop(Duration grace);
  void AwaitDeath();
  void EndWithoutExit(Ending ending);
  // What `timer_` waits for, in so long.
  void SetTimer(Duration delay, EventLoop::Action action);
  void End(Ending ending, std::optional<int32_t> exit_code = std::nullopt);
  void AwaitUpload(Duration limit);
  void UploadIsLate();
  void GiveUploadUp(const std::string& why);
  void WriteEnd();

  const Assignment assignment_;
  const Context context_;
  const std::function<void()> changed_;
  AttemptJournal journal_;
  CheckpointCourier courier_;
  State state_ = State::kWaiting;
  TrialSpec spec_;       // set by Launch
  bool opened_ = false;  // the journal is
  bool abandoned_ = false;
  std::unique_ptr<Trainer> trainer_;
  std::unique_ptr<EventLoop::Timer> timer_;  // until it has a slot; the trainer is ready, or gone
  EventLoop::Instant timer_due_;
  bool ready_ = false;                    // the trainer is
  bool fetching_ = false;                 // the checkpoint to go on from
  bool resumes_ = false;                  // it is there
  bool heard_ = false;                    // it has told something of the trial
  std::optional<StopCause> stopping_;     // the trainer was asked to stop
  std::optional<Ending> killed_as_;       // the trainer was killed: how to end once it is gone
  bool failed_ = false;                   // what the trainer says is not taken any more
  bool drops_checkpoint_ = false;         // as its causes say, ...
  std::optional<Duration> upload_limit_;  // ... and the least of them
  Duration death_limit_ = TrainerPool::kDeathLimit;
  trainer_protocol::StartEvent start_;
  std::optional<AttemptEnd> end_;                // until it is written
  std::unique_ptr<EventLoop::Timer> end_timer_;  // until it does not wait any longer
  EventLoop::Instant end_due_;
};

}  // namespace adares::worker
