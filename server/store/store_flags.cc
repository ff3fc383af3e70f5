// Store: the flags that attempts raise and clear. Rows are keyed by (trial, kind, site, step,
// attempt), so a repeated report changes nothing.
#include <string>

#include "server/store/store.h"
#include "server/store/store_impl.h"

namespace adares {
namespace {

constexpr char kInsertFlag[] = R"sql(
INSERT INTO flag (trial_id, kind, site, step, attempt, epoch, raised, message)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING)sql";

constexpr char kFindFlag[] = R"sql(
SELECT epoch, raised, message FROM flag
WHERE trial_id = ? AND kind = ? AND site = ? AND step = ? AND attempt = ?)sql";

bool HasSameFlag(Connection& connection, const LiveAttempt& attempt, const Flag& flag) {
  Query query(connection.Prepare(kFindFlag));
  query.Bind(attempt.trial_row).Bind(std::string(Name(flag.kind))).Bind(flag.site);
  query.Bind(flag.step).Bind(attempt.id.attempt);
  return query.Step() && query.Int(0) == flag.epoch && (query.Int(1) != 0) == flag.raised &&
         query.Text(2) == flag.message;
}

}  // namespace

absl::StatusOr<WriteCounts> Store::AppendFlag(const LiveAttempt& attempt, const Flag& flag) {
  return GuardedWrite(impl_->connection, "append a flag", [&]() -> absl::StatusOr<WriteCounts> {
    WriteCounts counts;
    Query insert(impl_->connection.Prepare(kInsertFlag));
    insert.Bind(attempt.trial_row).Bind(std::string(Name(flag.kind))).Bind(flag.site);
    insert.Bind(flag.step).Bind(attempt.id.attempt).Bind(flag.epoch);
    if (insert.Bind(int64_t{flag.raised}).Bind(flag.message).Run() == 1) {
      counts.written = 1;
    } else if (HasSameFlag(impl_->connection, attempt, flag)) {
      counts.repeated = 1;
    } else {
      counts.conflicting = 1;
    }
    impl_->Touch(attempt.trial_row);
    return counts;
  });
}

}  // namespace adares
