// Reader: trials, their attempts and logs.
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/store/json_text.h"
#include "server/store/page_token.h"
#include "server/store/reader.h"
#include "server/store/reader_impl.h"
#include "server/store/record_bytes.h"
#include "server/store/trial_rows.h"

namespace adares {
namespace {

constexpr char kTrial[] = R"sql(
SELECT sweep.name, trial.name, trial.not_before, variant.name, variant.label, variant.axes, trial.seed,
  trial.attempt_count, trial.step, trial.total_steps, trial.epoch, trial.total_epochs,
  trial.images_per_second, trial.message, coalesce(attempt.worker, ''), trial.created_at,
  trial.started_at, trial.finished_at, trial.revision, trial.state, trial.stop_aim
FROM trial
JOIN sweep ON sweep.id = trial.sweep_id
JOIN variant ON variant.id = trial.variant_id
LEFT JOIN attempt ON attempt.trial_id = trial.id AND attempt.number = trial.current_attempt
WHERE trial.id = ?)sql";

constexpr char kLastMetrics[] = R"sql(
SELECT metric_key.name, metric_summary.last_value
FROM metric_summary JOIN metric_key ON metric_key.id = metric_summary.key_id
WHERE metric_summary.trial_id = ?)sql";

constexpr char kFlags[] = R"sql(
SELECT flag.kind, flag.site, flag.step, flag.epoch, flag.raised, flag.message
FROM flag
JOIN attempt ON attempt.trial_id = flag.trial_id AND attempt.number = flag.attempt
WHERE flag.trial_id = ?
  AND (attempt.surviving_until_step IS NULL OR flag.step <= attempt.surviving_until_step)
ORDER BY flag.step, flag.attempt, flag.kind, flag.site)sql";

constexpr char kSpec[] = "SELECT spec FROM trial_spec WHERE trial_id = ?";

constexpr char kAttempts[] = R"sql(
SELECT number, worker, started_at, ended_at, end_reason, message, exit_code, log_tail, provenance,
  parameters, digests, resumed_step
FROM attempt WHERE trial_id = ? ORDER BY number)sql";

// ?3 is a JSON array of states, [] for all.
constexpr char kPage[] = R"sql(
SELECT id, position FROM trial
WHERE sweep_id = ?1 AND position > ?2
  AND (?3 = '[]' OR state IN (SELECT value FROM json_each(?3)))
ORDER BY position LIMIT ?4)sql";

// ?2 is 0 for the newest.
constexpr char kFindAttempt[] = R"sql(
SELECT id, number, ended_at IS NOT NULL FROM attempt
WHERE trial_id = ?1 AND (?2 = 0 OR number = ?2)
ORDER BY number DESC LIMIT 1)sql";

constexpr char kLines[] = R"sql(
SELECT number, text, logged_at FROM log_line
WHERE attempt_id = ? AND number >= ? ORDER BY number LIMIT ?)sql";

// In an answer, the oldest: far more than a network has.
constexpr size_t kMaxFlagsOfTrial = 1'000;

absl::Status UnknownWord(const std::string& what, const std::string& word) {
  return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                   absl::StrCat(what, " has the unknown word ", word));
}

void FillProgress(const Query& query, int column, Progress& progress) {
  progress.step = query.Int(column);
  progress.total_steps = query.Int(column + 1);
  progress.epoch = query.Int(column + 2);
  progress.total_epochs = query.Int(column + 3);
  progress.images_per_second = query.Real(column + 4);
}

absl::StatusOr<AttemptRecord> ReadAttempt(const Query& query) {
  AttemptRecord attempt;
  attempt.number = query.Int32(0);
  attempt.worker = query.Text(1);
  attempt.started_at = query.Time(2);
  attempt.ended_at = query.OptionalTime(3);
  if (!query.IsNull(4)) {
    attempt.end_reason = ParseEndReason(query.Text(4));
    if (!attempt.end_reason) return UnknownWord("an attempt's end", query.Text(4));
  }
  attempt.message = query.Text(5);
  if (!query.IsNull(6)) attempt.exit_code = query.Int32(6);
  ADARES_ASSIGN_OR_RETURN(attempt.log_tail, StringsFromJson(query.Text(7)));
  ADARES_ASSIGN_OR_RETURN(attempt.provenance, StringMapFromJson(query.Text(8)));
  attempt.parameters = query.Int(9);
  ADARES_ASSIGN_OR_RETURN(attempt.digests, StringMapFromJson(query.Text(10)));
  attempt.resumed_step = query.Int(11);
  return attempt;
}

absl::StatusOr<std::vector<Flag>> ReadRaisedFlags(Connection& connection, int64_t trial_row) {
  Query query(connection.Prepare(kFlags));
  query.Bind(trial_row);
  std::vector<Flag> changes;
  while (query.Step()) {
    const auto kind = ParseFlagKind(query.Text(0));
    if (!kind) return UnknownWord("a flag's kind", query.Text(0));
    changes.push_back(
        {*kind, query.Text(1), query.Int(2), query.Int(3), query.Int(4) != 0, query.Text(5)});
  }
  std::vector<Flag> raised = RaisedFlags(changes);
  if (raised.size() > kMaxFlagsOfTrial) raised.resize(kMaxFlagsOfTrial);
  return raised;
}

// A trial may have so many attempts that nobody could receive them with all that is known of them:
// then the oldest ones come without their texts.
void KeepTextsOfNewest(std::vector<AttemptRecord>& attempts) {
  int64_t bytes = 0;
  for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt) {
    bytes += BytesOf(*attempt);
    if (bytes < kBytesOfPage) continue;
    attempt->message.clear();
    attempt->log_tail.clear();
    attempt->provenance.clear();
    attempt->digests.clear();
  }
}

// The lines, and whether more follow them.
bool ReadLines(Query& query, size_t limit, std::vector<LogLine>& lines) {
  while (query.Step()) {
    if (lines.size() == limit) return true;
    lines.push_back({query.Int(0), query.Text(1), query.Time(2)});
  }
  return false;
}

absl::Status NoSuchAttempt(const std::string& trial, int32_t attempt) {
  const std::string message = attempt == 0
                                  ? absl::StrCat("trial ", trial, " has no attempt yet")
                                  : absl::StrCat("trial ", trial, " has no attempt ", attempt);
  return MakeError(absl::StatusCode::kNotFound, reason::kAttemptNotFound, message,
                   {{"trial", trial}, {"attempt", absl::StrCat(attempt)}});
}

}  // namespace

absl::StatusOr<TrialRecord> ReadTrial(Connection& connection, int64_t row) {
  Query query(connection.Prepare(kTrial));
  query.Bind(row).Step();
  TrialRecord trial;
  trial.sweep = query.Text(0);
  trial.id = query.Text(1);
  ADARES_ASSIGN_OR_RETURN(const TrialStage stage, ReadStage(query, 19));
  trial.state = stage.state;
  trial.stop_aim = stage.aim;
  trial.not_before = query.OptionalTime(2);
  trial.variant = query.Text(3);
  trial.variant_label = query.Text(4);
  ADARES_ASSIGN_OR_RETURN(trial.axes, AxisValuesFromJson(query.Text(5)));
  trial.seed = query.Int(6);
  trial.attempt_count = query.Int32(7);
  FillProgress(query, 8, trial.progress);
  trial.message = query.Text(13);
  trial.worker = query.Text(14);
  trial.created_at = query.Time(15);
  trial.started_at = query.OptionalTime(16);
  trial.finished_at = query.OptionalTime(17);
  trial.revision = query.Int(18);
  Query metrics(connection.Prepare(kLastMetrics));
  metrics.Bind(row);
  while (metrics.Step()) trial.last_metrics[metrics.Text(0)] = metrics.Real(1);
  ADARES_ASSIGN_OR_RETURN(trial.flags, ReadRaisedFlags(connection, row));
  return trial;
}

absl::StatusOr<TrialRecord> Reader::GetTrial(const std::string& sweep, const std::string& trial) {
  return GuardedRead(impl_->connection, "get a trial", [&]() -> absl::StatusOr<TrialRecord> {
    ADARES_ASSIGN_OR_RETURN(const int64_t row, FindTrialRow(impl_->connection, sweep, trial));
    ADARES_ASSIGN_OR_RETURN(TrialRecord record, ReadTrial(impl_->connection, row));
    Query spec(impl_->connection.Prepare(kSpec));
    spec.Bind(row).Step();
    record.spec_json = spec.Text(0);
    Query attempts(impl_->connection.Prepare(kAttempts));
    attempts.Bind(row);
    while (attempts.Step()) {
      ADARES_ASSIGN_OR_RETURN(AttemptRecord attempt, ReadAttempt(attempts));
      record.attempts.push_back(std::move(attempt));
    }
    KeepTextsOfNewest(record.attempts);
    return record;
  });
}

absl::StatusOr<PageOf<TrialRecord>> Reader::ListTrials(const std::string& sweep,
                                                       const std::vector<TrialState>& states,
                                                       const Page& page) {
  const auto body = [&]() -> absl::StatusOr<PageOf<TrialRecord>> {
    ADARES_RETURN_IF_ERROR(CheckPage(page));
    ADARES_ASSIGN_OR_RETURN(const int64_t sweep_row, FindSweepRow(impl_->connection, sweep));
    const std::string list = "trials of " + sweep;
    int64_t position = -1;
    if (!page.token.empty()) {
      ADARES_ASSIGN_OR_RETURN(position, PageTokenNumber(list, page.token));
    }
    Query query(impl_->connection.Prepare(kPage));
    query.Bind(sweep_row).Bind(position).Bind(ToJson(states)).Bind(page.size + 1);
    PageOf<TrialRecord> result;
    int64_t bytes = 0;
    while (query.Step()) {
      if (result.items.size() == static_cast<size_t>(page.size) || bytes >= kBytesOfPage) {
        result.next_token = MakePageToken(list, absl::StrCat(position));
        break;
      }
      ADARES_ASSIGN_OR_RETURN(TrialRecord trial, ReadTrial(impl_->connection, query.Int(0)));
      bytes += BytesOf(trial);
      result.items.push_back(std::move(trial));
      position = query.Int(1);
    }
    return result;
  };
  return GuardedRead(impl_->connection, "list trials", body);
}

absl::StatusOr<LogPart> Reader::ReadLog(const std::string& sweep, const std::string& trial,
                                        int32_t attempt, int64_t first_line, int limit) {
  return GuardedRead(impl_->connection, "read a log", [&]() -> absl::StatusOr<LogPart> {
    ADARES_ASSIGN_OR_RETURN(const int64_t row, FindTrialRow(impl_->connection, sweep, trial));
    Query found(impl_->connection.Prepare(kFindAttempt));
    if (!found.Bind(row).Bind(attempt).Step()) return NoSuchAttempt(trial, attempt);
    LogPart part;
    part.attempt = found.Int32(1);
    Query lines(impl_->connection.Prepare(kLines));
    lines.Bind(found.Int(0)).Bind(first_line).Bind(int64_t{limit} + 1);
    const bool more = ReadLines(lines, static_cast<size_t>(limit), part.lines);
    part.ended = found.Int(2) != 0 && !more;
    return part;
  });
}

}  // namespace adares
