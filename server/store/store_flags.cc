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

// Of the line that the attempt went on from.
constexpr char kFindEarlierFlag[] = R"sql(
SELECT flag.epoch, flag.raised, flag.message
FROM flag
JOIN attempt ON attempt.trial_id = flag.trial_id AND attempt.number = flag.attempt
WHERE flag.trial_id = ? AND flag.kind = ? AND flag.site = ? AND flag.step = ? AND flag.attempt < ?
  AND (attempt.surviving_until_step IS NULL OR flag.step <= attempt.surviving_until_step)
LIMIT 1)sql";

// Counts the flag against the row that `find` gives, if there is one.
bool CountKnown(Connection& connection, const char* find, const LiveAttempt& attempt,
                const Flag& flag, WriteCounts& counts) {
  Query query(connection.Prepare(find));
  query.Bind(attempt.trial_row).Bind(std::string(Name(flag.kind))).Bind(flag.site);
  if (!query.Bind(flag.step).Bind(attempt.id.attempt).Step()) return false;
  const bool is_same = query.Int(0) == flag.epoch && (query.Int(1) != 0) == flag.raised &&
                       query.Text(2) == flag.message;
  ++(is_same ? counts.repeated : counts.conflicting);
  return true;
}

}  // namespace

absl::StatusOr<WriteCounts> Store::AppendFlag(const LiveAttempt& attempt, const Flag& flag) {
  return GuardedWrite(impl_->connection, "append a flag", [&]() -> absl::StatusOr<WriteCounts> {
    WriteCounts counts;
    if (flag.step <= attempt.resumed_step &&
        CountKnown(impl_->connection, kFindEarlierFlag, attempt, flag, counts)) {
      return counts;
    }
    Query insert(impl_->connection.Prepare(kInsertFlag));
    insert.Bind(attempt.trial_row).Bind(std::string(Name(flag.kind))).Bind(flag.site);
    insert.Bind(flag.step).Bind(attempt.id.attempt).Bind(flag.epoch);
    if (insert.Bind(int64_t{flag.raised}).Bind(flag.message).Run() == 1) {
      counts.written = 1;
    } else {
      CountKnown(impl_->connection, kFindFlag, attempt, flag, counts);
    }
    impl_->Touch(attempt.trial_row);
    return counts;
  });
}

}  // namespace adares
