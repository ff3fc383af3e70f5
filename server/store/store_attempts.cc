// Store: claims, live attempts and their ends.
#include <utility>

#include "core/status.h"
#include "server/store/claim_statement.h"
#include "server/store/json_text.h"
#include "server/store/store.h"
#include "server/store/store_impl.h"
#include "server/store/surviving_rows.h"
#include "server/store/trial_rows.h"

namespace adares {
namespace {

constexpr char kInsertAttempt[] = R"sql(
INSERT INTO attempt (trial_id, number, worker, instance, started_at) VALUES (?, ?, ?, ?, ?)
RETURNING id)sql";

constexpr char kFindLive[] = R"sql(
SELECT sweep.id, trial.id, attempt.id, sweep.name, trial.name, attempt.number, attempt.worker,
  attempt.instance, trial.state, trial.stop_aim, attempt.acknowledged_sequence, attempt.started_at,
  attempt.resumed_step
FROM sweep
JOIN trial ON trial.sweep_id = sweep.id
JOIN attempt ON attempt.trial_id = trial.id AND attempt.number = trial.current_attempt
WHERE sweep.name = ? AND trial.name = ? AND trial.current_attempt = ?
  AND attempt.ended_at IS NULL)sql";

constexpr char kAcknowledgedOfEnded[] = R"sql(
SELECT attempt.acknowledged_sequence
FROM sweep
JOIN trial ON trial.sweep_id = sweep.id
JOIN attempt ON attempt.trial_id = trial.id
WHERE sweep.name = ? AND trial.name = ? AND attempt.number = ? AND attempt.worker = ?
  AND attempt.instance = ? AND attempt.ended_at IS NOT NULL
  AND attempt.end_reason <> 'worker-lost')sql";

constexpr char kAllLive[] = R"sql(
SELECT sweep.id, trial.id, attempt.id, sweep.name, trial.name, attempt.number, attempt.worker,
  attempt.instance, trial.state, trial.stop_aim, attempt.acknowledged_sequence, attempt.started_at,
  attempt.resumed_step
FROM attempt
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE attempt.ended_at IS NULL
ORDER BY attempt.id)sql";

constexpr char kSpec[] = "SELECT spec FROM trial_spec WHERE trial_id = ?";

constexpr char kStart[] =
    "UPDATE attempt SET parameters = ?, provenance = ?, resumed_step = ? WHERE id = ?";
// Progress begins where the attempt does.
constexpr char kStartTotals[] = R"sql(
UPDATE trial SET total_steps = ?1, total_epochs = ?2, step = min(?3, ?1),
  epoch = iif(?1 > 0, min(?3, ?1) * ?2 / ?1, 0), revision = ?4
WHERE id = ?5)sql";

constexpr char kAcknowledge[] = "UPDATE attempt SET acknowledged_sequence = ? WHERE id = ?";

constexpr char kEnd[] = R"sql(
UPDATE attempt SET ended_at = ?, end_reason = ?, message = ?, exit_code = ?, log_tail = ?,
  digests = ?
WHERE id = ?)sql";

absl::StatusOr<LiveAttempt> ReadLive(const Query& query) {
  LiveAttempt attempt;
  attempt.sweep_row = query.Int(0);
  attempt.trial_row = query.Int(1);
  attempt.attempt_row = query.Int(2);
  attempt.id = {query.Text(3), query.Text(4), query.Int32(5)};
  attempt.worker = query.Text(6);
  attempt.instance = query.Text(7);
  ADARES_ASSIGN_OR_RETURN(attempt.stage, ReadStage(query, 8));
  attempt.acknowledged_sequence = query.Int(10);
  attempt.started_at = query.Time(11);
  attempt.resumed_step = query.Int(12);
  return attempt;
}

// Takes the next trial out of the queue; the attempt's row is the caller's to insert.
std::optional<Claim> TakeNext(Connection& connection, const TrialGroup& group,
                              const std::string& worker, Timestamp now, int64_t revision) {
  Query query(connection.Prepare(kClaimStatement));
  query.Bind(now).Bind(revision).Bind(group.sweep).Bind(group.requirement).Bind(worker);
  if (!query.Step()) return std::nullopt;
  Claim claim;
  claim.attempt.sweep_row = group.sweep;
  claim.attempt.trial_row = query.Int(0);
  claim.attempt.id = {query.Text(4), query.Text(1), query.Int32(2)};
  claim.attempt.started_at = now;
  claim.queued_at = query.Time(3);
  claim.spec_json = query.Text(5);
  query.Step();  // to the end, which completes the statement
  return claim;
}

int64_t InsertAttempt(Connection& connection, const LiveAttempt& attempt) {
  Query query(connection.Prepare(kInsertAttempt));
  query.Bind(attempt.trial_row)
      .Bind(attempt.id.attempt)
      .Bind(attempt.worker)
      .Bind(attempt.instance)
      .Bind(attempt.started_at)
      .Step();
  const int64_t row = query.Int(0);
  query.Step();  // to the end, which completes the statement
  return row;
}

}  // namespace

absl::StatusOr<std::optional<int64_t>> Store::FirstPosition(const TrialGroup& group,
                                                            const std::string& worker,
                                                            Timestamp now) {
  return Guarded("find the next trial", [&]() -> absl::StatusOr<std::optional<int64_t>> {
    Query query(impl_->connection.Prepare(kFirstPositionStatement));
    query.Bind(now).Bind(group.sweep).Bind(group.requirement).Bind(worker);
    if (!query.Step()) return std::nullopt;
    return query.Int(0);
  });
}

absl::StatusOr<std::optional<Claim>> Store::ClaimNext(const TrialGroup& group,
                                                      const std::string& worker,
                                                      const std::string& instance, Timestamp now) {
  const auto body = [&]() -> absl::StatusOr<std::optional<Claim>> {
    std::optional<Claim> claim = TakeNext(impl_->connection, group, worker, now, impl_->revision);
    if (!claim) return claim;
    claim->attempt.worker = worker;
    claim->attempt.instance = instance;
    if (claim->attempt.id.attempt > 1) {
      ADARES_ASSIGN_OR_RETURN(claim->checkpoint, NewestCheckpoint(claim->attempt.trial_row));
    }
    SupersedeEarlier(impl_->connection, claim->attempt,
                     claim->checkpoint ? claim->checkpoint->step : 0);
    claim->attempt.attempt_row = InsertAttempt(impl_->connection, claim->attempt);
    return claim;
  };
  return GuardedWrite(impl_->connection, "claim a trial", body);
}

absl::StatusOr<std::optional<LiveAttempt>> Store::FindLiveAttempt(const AttemptId& id) {
  return Guarded("find an attempt", [&]() -> absl::StatusOr<std::optional<LiveAttempt>> {
    Query query(impl_->connection.Prepare(kFindLive));
    if (!query.Bind(id.sweep).Bind(id.trial).Bind(id.attempt).Step()) return std::nullopt;
    return ReadLive(query);
  });
}

absl::StatusOr<std::optional<int64_t>> Store::AcknowledgedOfEnded(const AttemptId& id,
                                                                  const std::string& worker,
                                                                  const std::string& instance) {
  return Guarded("find an attempt that ended", [&]() -> absl::StatusOr<std::optional<int64_t>> {
    Query query(impl_->connection.Prepare(kAcknowledgedOfEnded));
    query.Bind(id.sweep).Bind(id.trial).Bind(id.attempt).Bind(worker).Bind(instance);
    if (!query.Step()) return std::nullopt;
    return query.Int(0);
  });
}

absl::StatusOr<std::vector<LiveAttempt>> Store::LiveAttempts() {
  return Guarded("list live attempts", [&]() -> absl::StatusOr<std::vector<LiveAttempt>> {
    Query query(impl_->connection.Prepare(kAllLive));
    std::vector<LiveAttempt> attempts;
    while (query.Step()) {
      ADARES_ASSIGN_OR_RETURN(LiveAttempt attempt, ReadLive(query));
      attempts.push_back(std::move(attempt));
    }
    return attempts;
  });
}

absl::StatusOr<std::string> Store::SpecJson(int64_t trial_row) {
  return Guarded("read a trial's spec", [&]() -> absl::StatusOr<std::string> {
    Query query(impl_->connection.Prepare(kSpec));
    if (query.Bind(trial_row).Step()) return query.Text(0);
    return MakeError(absl::StatusCode::kNotFound, reason::kTrialNotFound,
                     "no trial has the row " + std::to_string(trial_row));
  });
}

absl::Status Store::SetAttemptStart(const LiveAttempt& attempt, const AttemptStart& start) {
  return GuardedWrite(impl_->connection, "record an attempt's start", [&] {
    Query(impl_->connection.Prepare(kStart))
        .Bind(start.parameters)
        .Bind(ToJson(start.provenance))
        .Bind(start.resumed_step)
        .Bind(attempt.attempt_row)
        .Run();
    SupersedeEarlier(impl_->connection, attempt, start.resumed_step);
    Query(impl_->connection.Prepare(kStartTotals))
        .Bind(start.total_steps)
        .Bind(start.total_epochs)
        .Bind(start.resumed_step)
        .Bind(impl_->revision)
        .Bind(attempt.trial_row)
        .Run();
    return absl::OkStatus();
  });
}

absl::Status Store::SetAcknowledgedSequence(const LiveAttempt& attempt, int64_t sequence) {
  return GuardedWrite(impl_->connection, "record an acknowledged sequence", [&] {
    Query(impl_->connection.Prepare(kAcknowledge)).Bind(sequence).Bind(attempt.attempt_row).Run();
    return absl::OkStatus();
  });
}

absl::Status Store::EndAttempt(const LiveAttempt& attempt, const AttemptEnd& end, Timestamp now) {
  return GuardedWrite(impl_->connection, "end an attempt", [&] {
    Query(impl_->connection.Prepare(kEnd))
        .Bind(now)
        .Bind(std::string(Name(end.reason)))
        .Bind(end.message)
        .Bind(end.exit_code)
        .Bind(ToJson(end.log_tail))
        .Bind(ToJson(end.digests))
        .Bind(attempt.attempt_row)
        .Run();
    impl_->Touch(attempt.trial_row);
    return absl::OkStatus();
  });
}

}  // namespace adares
