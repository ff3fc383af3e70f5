// What the coordinator does with reports: fence, order, apply.
#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/report_limits.h"
#include "core/status.h"
#include "server/coordinator/coordinator.h"

namespace adares {
namespace {

// Of its trial: "SWEEP/ID".
std::string NameOf(const LiveAttempt& attempt) {
  return absl::StrCat(attempt.id.sweep, "/", attempt.id.trial);
}

// Once for each log: its worker may go on for long.
bool IsFilledBy(const std::vector<LogLine>& lines) {
  return std::any_of(lines.begin(), lines.end(),
                     [](const LogLine& line) { return line.number == kMaxLogLinesPerAttempt + 1; });
}

}  // namespace

absl::StatusOr<ReportOutput> Coordinator::Report(const ReportInput& input, Timestamp now) {
  Session* const session = FindSession(input.worker, input.instance);
  if (session == nullptr || !session->leases.contains(input.id)) {
    if (session != nullptr) {
      ADARES_ASSIGN_OR_RETURN(const std::optional<int64_t> known,
                              AcknowledgedOfEnded(*session, input.id));
      // What came after an end that was not the worker's own counts for nothing.
      const int64_t last =
          input.first_sequence + std::ssize(input.records) + input.unread_records - 1;
      if (known && last <= *known) return ReportOutput{*known, false};
    }
    ++effects_.stale_reports;
    return ReportOutput{0, /*lease_lost=*/true};
  }
  ADARES_ASSIGN_OR_RETURN(LiveAttempt live, AttemptOf(input.id));

  int64_t sequence = input.first_sequence;
  int64_t acknowledged = live.acknowledged_sequence;
  std::optional<AttemptEnd> end;
  for (const ReportRecord& record : input.records) {
    // After a gap nothing is stored: the acknowledgement tells the worker where to go on.
    if (sequence > acknowledged + 1) break;
    if (sequence == acknowledged + 1) {
      if (const auto* last = std::get_if<AttemptEnd>(&record)) {
        end = *last;
      } else {
        ADARES_RETURN_IF_ERROR(Apply(live, record, now));
      }
      acknowledged = sequence;
    }
    ++sequence;
    if (end) break;
  }
  if (acknowledged != live.acknowledged_sequence) {
    ADARES_RETURN_IF_ERROR(store_->SetAcknowledgedSequence(live, acknowledged));
    effects_.changed_sweeps.insert(input.id.sweep);
  }
  if (end) {
    ADARES_RETURN_IF_ERROR(Finish(live, *end, now));
    session->ended[input.id] = acknowledged;
  }
  return ReportOutput{acknowledged, false};
}

absl::StatusOr<std::optional<int64_t>> Coordinator::AcknowledgedOfEnded(const Session& session,
                                                                        const AttemptId& id) const {
  const auto ended = session.ended.find(id);
  if (ended != session.ended.end()) return ended->second;
  return store_->AcknowledgedOfEnded(id, session.record.name, session.record.instance);
}

absl::Status Coordinator::Reject(const ReportInput& input, const absl::Status& why, Timestamp now) {
  const Session* const session = FindSession(input.worker, input.instance);
  if (session == nullptr || !session->leases.contains(input.id)) return absl::OkStatus();
  ADARES_ASSIGN_OR_RETURN(const LiveAttempt live, AttemptOf(input.id));
  const std::string message = absl::StrCat("the worker's report could not be ",
                                           absl::IsInvalidArgument(why) ? "read" : "stored", ": ",
                                           std::string(why.message()));
  return Finish(live, {EndReason::kError, message, {}, {}}, now);
}

absl::Status Coordinator::Apply(LiveAttempt& attempt, const ReportRecord& record, Timestamp now) {
  if (const auto* start = std::get_if<AttemptStart>(&record)) {
    attempt.resumed_step = start->resumed_step;
    ADARES_RETURN_IF_ERROR(store_->SetAttemptStart(attempt, *start));
    // It may have been reached while the attempt before was being stopped for something else.
    return start->resumed_step > 0 ? StopIfReached(attempt, now) : absl::OkStatus();
  }
  if (const auto* progress = std::get_if<Progress>(&record)) {
    if (progress->step > 0) leases_.at(attempt.id).has_progressed = true;
    return store_->SetProgress(attempt, *progress);
  }
  if (const auto* lines = std::get_if<std::vector<LogLine>>(&record)) {
    ADARES_ASSIGN_OR_RETURN(const WriteCounts counts, store_->AppendLog(attempt, *lines));
    effects_.log_lines_conflicting += counts.conflicting;
    effects_.log_lines_excessive += counts.excessive;
    if (IsFilledBy(*lines)) effects_.full_logs.insert(NameOf(attempt));
  }
  if (const auto* points = std::get_if<std::vector<MetricPoint>>(&record)) {
    ADARES_ASSIGN_OR_RETURN(const WriteCounts counts, store_->AppendPoints(attempt, *points));
    CountWrites(counts);
    if (counts.excessive > 0) effects_.points_excessive[NameOf(attempt)] += counts.excessive;
    return MayReach(attempt, *points) ? StopIfReached(attempt, now) : absl::OkStatus();
  }
  if (const auto* weights = std::get_if<std::vector<SkipWeightPoint>>(&record)) {
    ADARES_ASSIGN_OR_RETURN(const WriteCounts counts, store_->AppendSkipWeights(attempt, *weights));
    CountWrites(counts);
    if (counts.excessive > 0) effects_.weights_excessive[NameOf(attempt)] += counts.excessive;
  }
  if (const auto* flag = std::get_if<Flag>(&record)) {
    ADARES_ASSIGN_OR_RETURN(const WriteCounts counts, store_->AppendFlag(attempt, *flag));
    CountWrites(counts);
  }
  if (const auto* checkpoint = std::get_if<Checkpoint>(&record)) {
    return RecordCheckpoint(attempt, *checkpoint, now);
  }
  return absl::OkStatus();
}

// Has a trial stopped that has reached its sweep's rule, once. What counts is what is stored. One
// that had stopped so and that a person has asked for again is trained to its end.
absl::Status Coordinator::StopIfReached(const LiveAttempt& attempt, Timestamp now) {
  const Schedule* const schedule = scheduler_.FindSchedule(attempt.sweep_row);
  if (schedule == nullptr || !schedule->stop) return absl::OkStatus();
  ADARES_ASSIGN_OR_RETURN(const TrialRow trial, store_->GetTrial(attempt.trial_row));
  if (trial.trained_to_end || trial.stage.state != TrialState::kRunning) return absl::OkStatus();
  ADARES_ASSIGN_OR_RETURN(const std::optional<MetricPoint> reached,
                          store_->FindReached(attempt.trial_row, *schedule->stop));
  if (!reached) return absl::OkStatus();
  TrialUpdate update;
  ADARES_ASSIGN_OR_RETURN(update.stage, Transition(trial.stage, TrialEvent::kStopEarly));
  update.message = WhyStopped(*schedule->stop, *reached);
  effects_.workers_to_wake.insert(attempt.worker);
  return store_->UpdateTrial(attempt.trial_row, update, now);
}

bool Coordinator::MayReach(const LiveAttempt& attempt,
                           const std::vector<MetricPoint>& points) const {
  const Schedule* const schedule = scheduler_.FindSchedule(attempt.sweep_row);
  return schedule != nullptr && schedule->stop &&
         std::any_of(points.begin(), points.end(),
                     [&](const MetricPoint& p) { return IsReached(*schedule->stop, p); });
}

void Coordinator::CountWrites(const WriteCounts& counts) {
  effects_.points_written += counts.written;
  effects_.points_conflicting += counts.conflicting;
}

}  // namespace adares
