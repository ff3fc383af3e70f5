// Store: checkpoints, and which rows of earlier attempts survive when one goes on from them.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/store/store.h"
#include "server/store/store_impl.h"
#include "server/store/surviving_rows.h"

namespace adares {
namespace {

constexpr char kInsert[] = R"sql(
INSERT INTO checkpoint (trial_id, attempt, step, epoch, reason, recorded_at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
RETURNING id)sql";

constexpr char kInsertFile[] = R"sql(
INSERT INTO checkpoint_file (checkpoint_id, name, sha256, size_bytes) VALUES (?, ?, ?, ?))sql";

// Those that an attempt can go on from come first, the newest of them before all.
constexpr char kOfTrial[] = R"sql(
SELECT checkpoint.id, checkpoint.step, checkpoint.epoch, checkpoint.reason, standing.usable,
  standing.best
FROM checkpoint_standing AS standing
JOIN checkpoint ON checkpoint.id = standing.checkpoint_id
WHERE standing.trial_id = ?
ORDER BY standing.usable DESC, checkpoint.step DESC, checkpoint.attempt DESC)sql";

constexpr char kFiles[] = R"sql(
SELECT name, sha256, size_bytes FROM checkpoint_file WHERE checkpoint_id = ? ORDER BY name)sql";

constexpr char kDelete[] = "DELETE FROM checkpoint WHERE id = ?";

constexpr char kIsNamed[] = "SELECT EXISTS (SELECT 1 FROM checkpoint_file WHERE sha256 = ?)";

constexpr char kBeginFromScratch[] =
    "UPDATE trial SET scratch_after = attempt_count, revision = ? WHERE id = ?";

constexpr char kSupersede[] = R"sql(
UPDATE attempt SET surviving_until_step = ?3
WHERE trial_id = ?1 AND number < ?2
  AND (surviving_until_step IS NULL OR surviving_until_step > ?3))sql";

// Only a key with a row beyond the step loses rows, and the highest one is in its summary.
constexpr char kDropSummaries[] =
    "DELETE FROM metric_summary WHERE trial_id = ?1 AND last_step > ?2 RETURNING key_id";

// The value beside max(step) is that of the row with the highest step: SQLite's rule for bare
// columns beside a single min or max.
constexpr char kMakeSummary[] = R"sql(
WITH
  surviving AS (
    SELECT metric_point.step, metric_point.value
    FROM metric_point
    JOIN attempt ON attempt.trial_id = metric_point.trial_id
      AND attempt.number = metric_point.attempt
    WHERE metric_point.trial_id = ?1 AND metric_point.key_id = ?3 AND metric_point.step <= ?2
      AND (attempt.surviving_until_step IS NULL
        OR metric_point.step <= attempt.surviving_until_step)),
  newest AS (SELECT max(step) AS step, value FROM surviving)
INSERT INTO metric_summary (trial_id, key_id, count, last_step, last_value, min_value, max_value)
SELECT ?1, ?3, count(*), newest.step, newest.value, min(surviving.value), max(surviving.value)
FROM surviving, newest
HAVING count(*) > 0)sql";

struct CheckpointRow {
  int64_t row = 0;
  Checkpoint checkpoint;
  bool is_usable = false;
  bool is_best = false;
};

bool IsUsableFinal(const CheckpointRow& row) {
  return row.is_usable && row.checkpoint.reason == CheckpointReason::kFinal;
}

std::vector<CheckpointFile> FilesOf(Connection& connection, int64_t row) {
  Query query(connection.Prepare(kFiles));
  query.Bind(row);
  std::vector<CheckpointFile> files;
  while (query.Step()) files.push_back({query.Text(0), query.Text(1), query.Int(2)});
  return files;
}

// Of `rows`, in their order, those that may go.
std::vector<CheckpointRow> NotKept(const std::vector<CheckpointRow>& rows,
                                   const CheckpointPolicy& policy) {
  const bool has_final = std::ranges::any_of(rows, IsUsableFinal);
  // Where the final one never arrived, the newest is the nearest to it that there is.
  const int newest = has_final ? policy.newest : std::max(policy.newest, 1);
  // What was superseded stays until the line that took its place has come as far.
  const bool has_line = !rows.empty() && rows[0].is_usable;
  const int64_t passed = has_line ? rows[0].checkpoint.step : 0;
  int kept = 0;
  int kept_superseded = 0;
  std::vector<CheckpointRow> dropped;
  for (const CheckpointRow& row : rows) {
    if (row.is_usable ? IsUsableFinal(row) || row.is_best || kept < newest
                      : !has_final && row.checkpoint.step > passed && kept_superseded < newest) {
      ++(row.is_usable ? kept : kept_superseded);
    } else {
      dropped.push_back(row);
    }
  }
  return dropped;
}

// Without their files.
absl::StatusOr<std::vector<CheckpointRow>> CheckpointsOf(Connection& connection,
                                                         int64_t trial_row) {
  Query query(connection.Prepare(kOfTrial));
  query.Bind(trial_row);
  std::vector<CheckpointRow> rows;
  while (query.Step()) {
    const auto reason = ParseCheckpointReason(query.Text(3));
    if (!reason) return absl::InternalError(absl::StrCat("checkpoint reason ", query.Text(3)));
    rows.push_back({query.Int(0),
                    {query.Int(1), query.Int(2), *reason},
                    query.Int(4) != 0,
                    query.Int(5) != 0});
  }
  return rows;
}

// Drops the summaries of keys with rows beyond the step; returns the keys.
std::vector<int64_t> DropSummaries(Connection& connection, int64_t trial_row, int64_t until) {
  Query query(connection.Prepare(kDropSummaries));
  query.Bind(trial_row).Bind(until);
  std::vector<int64_t> keys;
  while (query.Step()) keys.push_back(query.Int(0));
  return keys;
}

}  // namespace

void SupersedeEarlier(Connection& connection, const LiveAttempt& attempt, int64_t resumed_step) {
  if (attempt.id.attempt == 1) return;
  // From scratch not even rows of step 0 count: the new attempt reports its own.
  const int64_t until = resumed_step > 0 ? resumed_step : -1;
  const int64_t changed = Query(connection.Prepare(kSupersede))
                              .Bind(attempt.trial_row)
                              .Bind(attempt.id.attempt)
                              .Bind(until)
                              .Run();
  if (changed == 0) return;
  for (const int64_t key : DropSummaries(connection, attempt.trial_row, until)) {
    Query(connection.Prepare(kMakeSummary)).Bind(attempt.trial_row).Bind(until).Bind(key).Run();
  }
}

absl::Status Store::AddCheckpoint(const LiveAttempt& attempt, const Checkpoint& checkpoint,
                                  Timestamp now) {
  return GuardedWrite(impl_->connection, "record a checkpoint", [&] {
    int64_t row = 0;
    {
      Query query(impl_->connection.Prepare(kInsert));
      query.Bind(attempt.trial_row).Bind(attempt.id.attempt);
      query.Bind(checkpoint.step).Bind(checkpoint.epoch);
      query.Bind(std::string(Name(checkpoint.reason))).Bind(now);
      if (!query.Step()) return absl::OkStatus();  // it is there already
      row = query.Int(0);
      query.Step();  // to the end, which completes the statement
    }
    Query insert(impl_->connection.Prepare(kInsertFile));
    for (const CheckpointFile& file : checkpoint.files) {
      insert.Again();
      insert.Bind(row).Bind(file.name).Bind(file.sha256).Bind(file.size_bytes).Run();
    }
    return absl::OkStatus();
  });
}

void Store::SetHasBlob(HasBlob has_blob) { impl_->has_blob = std::move(has_blob); }

absl::StatusOr<std::optional<Checkpoint>> Store::NewestCheckpoint(int64_t trial_row) {
  return Guarded("find a checkpoint", [&]() -> absl::StatusOr<std::optional<Checkpoint>> {
    ADARES_ASSIGN_OR_RETURN(const std::vector<CheckpointRow> rows,
                            CheckpointsOf(impl_->connection, trial_row));
    for (const CheckpointRow& row : rows) {
      if (!row.is_usable) break;
      Checkpoint newest = row.checkpoint;
      newest.files = FilesOf(impl_->connection, row.row);
      const HasBlob& has_blob = impl_->has_blob;
      if (!has_blob || std::ranges::all_of(newest.files, has_blob)) return newest;
    }
    return std::nullopt;
  });
}

absl::Status Store::BeginFromScratch(int64_t trial_row) {
  return GuardedWrite(impl_->connection, "set checkpoints aside", [&] {
    Query(impl_->connection.Prepare(kBeginFromScratch)).Bind(impl_->revision).Bind(trial_row).Run();
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<std::string>> Store::PruneCheckpoints(int64_t trial_row,
                                                                 const CheckpointPolicy& policy) {
  const auto body = [&]() -> absl::StatusOr<std::vector<std::string>> {
    ADARES_ASSIGN_OR_RETURN(const std::vector<CheckpointRow> rows,
                            CheckpointsOf(impl_->connection, trial_row));
    std::set<std::string> dropped;
    for (const CheckpointRow& row : NotKept(rows, policy)) {
      for (const CheckpointFile& file : FilesOf(impl_->connection, row.row)) {
        dropped.insert(file.sha256);
      }
      Query(impl_->connection.Prepare(kDelete)).Bind(row.row).Run();
    }
    return std::vector<std::string>(dropped.begin(), dropped.end());
  };
  return GuardedWrite(impl_->connection, "prune checkpoints", body);
}

absl::StatusOr<bool> Store::IsBlobNamed(const std::string& sha256) {
  return Guarded("look for a blob's checkpoint", [&]() -> absl::StatusOr<bool> {
    Query query(impl_->connection.Prepare(kIsNamed));
    query.Bind(sha256).Step();
    return query.Int(0) != 0;
  });
}

}  // namespace adares
