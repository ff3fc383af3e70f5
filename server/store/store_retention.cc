// Store: deletes what retention has found. Each statement looks again whether the rows may go: what
// was found may have changed since.
#include "server/store/retention.h"
#include "server/store/store.h"
#include "server/store/store_impl.h"

namespace adares {
namespace {

// ?1 is the owner, ?2 the series, ?3 and ?4 the first and last line or step, ?5 the time.
constexpr char kDeleteLines[] = R"sql(
DELETE FROM log_line
WHERE attempt_id = ?1 AND number BETWEEN ?3 AND ?4
  AND EXISTS (SELECT 1 FROM attempt WHERE id = ?1 AND ended_at < ?5))sql";

constexpr char kDeletePoints[] = R"sql(
DELETE FROM metric_point
WHERE trial_id = ?1 AND key_id = ?2 AND step BETWEEN ?3 AND ?4
  AND EXISTS (SELECT 1 FROM attempt
    WHERE attempt.trial_id = ?1 AND attempt.number = metric_point.attempt
      AND attempt.ended_at < ?5 AND metric_point.step > attempt.surviving_until_step))sql";

constexpr char kDeleteWeights[] = R"sql(
DELETE FROM skip_weight
WHERE trial_id = ?1 AND site_id = ?2 AND step BETWEEN ?3 AND ?4
  AND EXISTS (SELECT 1 FROM attempt
    WHERE attempt.trial_id = ?1 AND attempt.number = skip_weight.attempt
      AND attempt.ended_at < ?5 AND skip_weight.step > attempt.surviving_until_step))sql";

constexpr char kDeleteFlags[] = R"sql(
DELETE FROM flag
WHERE trial_id = ?1 AND step BETWEEN ?3 AND ?4
  AND EXISTS (SELECT 1 FROM attempt
    WHERE attempt.trial_id = ?1 AND attempt.number = flag.attempt
      AND attempt.ended_at < ?5 AND flag.step > attempt.surviving_until_step))sql";

// Its blobs go with a later round of the collector: no row names them any more.
constexpr char kDeleteCheckpoints[] = R"sql(
DELETE FROM checkpoint
WHERE trial_id = ?1 AND EXISTS (SELECT 1 FROM trial WHERE id = ?1 AND finished_at < ?2)
  AND id IS NOT (
    SELECT checkpoint.id
    FROM checkpoint_standing AS standing JOIN checkpoint ON checkpoint.id = standing.checkpoint_id
    WHERE standing.trial_id = ?1
    ORDER BY standing.usable DESC, checkpoint.reason = 'final' DESC, checkpoint.step DESC
    LIMIT 1))sql";

const char* DeleteStatement(PrunableRows rows) {
  switch (rows) {
    case PrunableRows::kPoints:
      return kDeletePoints;
    case PrunableRows::kSkipWeights:
      return kDeleteWeights;
    case PrunableRows::kFlags:
      return kDeleteFlags;
    case PrunableRows::kLogLines:
    case PrunableRows::kCheckpoints:
      break;
  }
  return kDeleteLines;
}

}  // namespace

absl::StatusOr<int64_t> Store::Prune(const PrunePiece& piece, Timestamp before) {
  return GuardedWrite(impl_->connection, "delete old rows", [&]() -> absl::StatusOr<int64_t> {
    if (piece.rows == PrunableRows::kCheckpoints) {
      Query query(impl_->connection.Prepare(kDeleteCheckpoints));
      return query.Bind(piece.owner).Bind(before).Run();
    }
    Query query(impl_->connection.Prepare(DeleteStatement(piece.rows)));
    query.Bind(piece.owner).Bind(piece.series).Bind(piece.first).Bind(piece.last).Bind(before);
    return query.Run();
  });
}

}  // namespace adares
