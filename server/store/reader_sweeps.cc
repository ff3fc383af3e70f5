// Reader: sweeps, their changes, and counts over all of them.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/store/json_text.h"
#include "server/store/page_token.h"
#include "server/store/reader.h"
#include "server/store/reader_impl.h"
#include "server/store/record_bytes.h"
#include "server/store/sweep_rows.h"

namespace adares {
namespace {

constexpr char kList[] = "sweeps";

constexpr char kSweep[] = R"sql(
SELECT name, title, labels, state, objective_metric, objective_goal, axes, seeds,
  baseline, (SELECT count(*) FROM variant WHERE variant.sweep_id = sweep.id),
  created_at, finished_at, digest,
  priority, max_parallel, trial_order, timeout, retries, resources, stop_rule,
  queued_trials, running_trials, paused_trials, stopping_trials, succeeded_trials, failed_trials,
  cancelled_trials, stopped_early_trials
FROM sweep WHERE id = ?)sql";

constexpr char kText[] = "SELECT text FROM sweep_file WHERE sweep_id = ?";
constexpr char kRevision[] = "SELECT revision FROM sweep WHERE id = ?";

constexpr char kForeign[] =
    "SELECT 1 FROM revision_line WHERE last_before < ?1 AND ?1 < first LIMIT 1";

// ?1 is NULL for the first page.
constexpr char kPage[] = R"sql(
SELECT id FROM sweep WHERE id < coalesce(?1, 9223372036854775807) ORDER BY id DESC LIMIT ?2)sql";

constexpr char kChanged[] = R"sql(
SELECT id, revision, position FROM trial
WHERE sweep_id = ? AND (revision, position) > (?, ?)
ORDER BY revision, position LIMIT ?)sql";

constexpr char kStateCounts[] = R"sql(
SELECT state, count(*), sum(queued_trials), sum(running_trials), sum(paused_trials),
  sum(stopping_trials), sum(succeeded_trials), sum(failed_trials), sum(cancelled_trials),
  sum(stopped_early_trials)
FROM sweep GROUP BY state)sql";

constexpr char kLostWorkers[] = "SELECT count(*) FROM worker WHERE state = 'lost'";

constexpr char kOldest[] = "SELECT min(queued_at) FROM trial WHERE state = 'queued'";

absl::StatusOr<SweepState> ParseState(const std::string& word) {
  if (const auto state = ParseSweepState(word)) return *state;
  return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                   "a sweep has the unknown state " + word);
}

TrialCounts ReadCounts(const Query& query, int column) {
  TrialCounts counts;
  counts.queued = query.Int32(column);
  counts.running = query.Int32(column + 1);
  counts.paused = query.Int32(column + 2);
  counts.stopping = query.Int32(column + 3);
  counts.succeeded = query.Int32(column + 4);
  counts.failed = query.Int32(column + 5);
  counts.cancelled = query.Int32(column + 6);
  counts.stopped_early = query.Int32(column + 7);
  return counts;
}

}  // namespace

absl::StatusOr<SweepRecord> ReadSweep(Connection& connection, int64_t row) {
  Query query(connection.Prepare(kSweep));
  query.Bind(row).Step();
  SweepRecord sweep;
  sweep.name = query.Text(0);
  sweep.title = query.Text(1);
  ADARES_ASSIGN_OR_RETURN(sweep.labels, StringMapFromJson(query.Text(2)));
  ADARES_ASSIGN_OR_RETURN(sweep.state, ParseState(query.Text(3)));
  sweep.objective.metric = query.Text(4);
  sweep.objective.goal = query.Text(5) == "minimize" ? Goal::kMinimize : Goal::kMaximize;
  ADARES_ASSIGN_OR_RETURN(sweep.axes, AxesFromJson(query.Text(6)));
  ADARES_ASSIGN_OR_RETURN(sweep.seeds, IntegersFromJson(query.Text(7)));
  ADARES_ASSIGN_OR_RETURN(sweep.baseline, StringMapFromJson(query.Text(8)));
  sweep.variant_count = query.Int32(9);
  sweep.created_at = query.Time(10);
  sweep.finished_at = query.OptionalTime(11);
  sweep.spec_digest = query.Text(12);
  sweep.schedule = ReadSchedule(query, 13);
  sweep.counts = ReadCounts(query, 20);
  return sweep;
}

absl::StatusOr<SweepRecord> Reader::GetSweep(const std::string& sweep) {
  const auto body = [&]() -> absl::StatusOr<SweepRecord> {
    ADARES_ASSIGN_OR_RETURN(const int64_t row, FindSweepRow(impl_->connection, sweep));
    ADARES_ASSIGN_OR_RETURN(SweepRecord record, ReadSweep(impl_->connection, row));
    Query text(impl_->connection.Prepare(kText));
    text.Bind(row).Step();
    record.spec_text = text.Text(0);
    LiveWorkers workers;
    ADARES_RETURN_IF_ERROR(ReadPending(impl_->connection, row, workers, record));
    return record;
  };
  return GuardedRead(impl_->connection, "get a sweep", body);
}

absl::StatusOr<PageOf<SweepRecord>> Reader::ListSweeps(const Page& page) {
  const auto body = [&]() -> absl::StatusOr<PageOf<SweepRecord>> {
    ADARES_RETURN_IF_ERROR(CheckPage(page));
    std::optional<int64_t> before;
    if (!page.token.empty()) {
      ADARES_ASSIGN_OR_RETURN(before, PageTokenNumber(kList, page.token));
    }
    Query query(impl_->connection.Prepare(kPage));
    query.Bind(before).Bind(page.size + 1);
    PageOf<SweepRecord> result;
    LiveWorkers workers;
    int64_t bytes = 0;
    for (int64_t last = 0; const int64_t row : ReadIntegers(query)) {
      if (result.items.size() == static_cast<size_t>(page.size) || bytes >= kBytesOfPage) {
        result.next_token = MakePageToken(kList, absl::StrCat(last));
        break;
      }
      ADARES_ASSIGN_OR_RETURN(SweepRecord sweep, ReadSweep(impl_->connection, row));
      ADARES_RETURN_IF_ERROR(ReadPending(impl_->connection, row, workers, sweep));
      bytes += BytesOf(sweep);
      result.items.push_back(std::move(sweep));
      last = row;
    }
    return result;
  };
  return GuardedRead(impl_->connection, "list sweeps", body);
}

absl::StatusOr<SweepChanges> Reader::ChangesSince(const std::string& sweep,
                                                  const ChangeCursor& cursor, int limit) {
  const auto body = [&]() -> absl::StatusOr<SweepChanges> {
    ADARES_ASSIGN_OR_RETURN(const int64_t row, FindSweepRow(impl_->connection, sweep));
    SweepChanges changes;
    ADARES_ASSIGN_OR_RETURN(changes.sweep, ReadSweep(impl_->connection, row));
    LiveWorkers workers;
    ADARES_RETURN_IF_ERROR(ReadPending(impl_->connection, row, workers, changes.sweep));
    Query newest(impl_->connection.Prepare(kRevision));
    newest.Bind(row).Step();
    changes.revision = newest.Int(0);
    const bool is_own = cursor.revision <= changes.revision &&
                        !Query(impl_->connection.Prepare(kForeign)).Bind(cursor.revision).Step();
    const ChangeCursor from = is_own ? cursor : ChangeCursor{};
    changes.next = from;
    Query changed(impl_->connection.Prepare(kChanged));
    changed.Bind(row).Bind(from.revision).Bind(from.position).Bind(limit + 1);
    int64_t bytes = 0;
    while (!changes.more && changed.Step()) {
      if (changes.trials.size() == static_cast<size_t>(limit) || bytes >= kBytesOfPage) {
        changes.more = true;
        break;
      }
      ADARES_ASSIGN_OR_RETURN(TrialRecord trial, ReadTrial(impl_->connection, changed.Int(0)));
      bytes += BytesOf(trial);
      changes.trials.push_back(std::move(trial));
      changes.next = {changed.Int(1), changed.Int(2)};
    }
    if (changes.more) {
      // Of the last revision there may be more to tell.
      changes.revision = std::max(from.revision, changes.next.revision - 1);
    } else {
      changes.next = {changes.revision};
    }
    return changes;
  };
  return GuardedRead(impl_->connection, "read a sweep's changes", body);
}

absl::StatusOr<QueueCounts> Reader::Counts() {
  return GuardedRead(impl_->connection, "count trials", [&]() -> absl::StatusOr<QueueCounts> {
    QueueCounts result;
    Query query(impl_->connection.Prepare(kStateCounts));
    while (query.Step()) {
      ADARES_ASSIGN_OR_RETURN(const SweepState state, ParseState(query.Text(0)));
      result.sweeps[state] = query.Int(1);
      const TrialCounts counts = ReadCounts(query, 2);
      result.trials += counts;
    }
    Query oldest(impl_->connection.Prepare(kOldest));
    oldest.Step();
    result.oldest_queued = oldest.OptionalTime(0);
    Query lost(impl_->connection.Prepare(kLostWorkers));
    lost.Step();
    result.lost_workers = lost.Int(0);
    return result;
  });
}

}  // namespace adares
