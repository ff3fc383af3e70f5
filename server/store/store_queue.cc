// Store: what waits to be handed out.
#include <utility>

#include "core/status.h"
#include "server/store/store.h"
#include "server/store/store_impl.h"
#include "server/store/sweep_rows.h"

namespace adares {
namespace {

constexpr char kReadyGroups[] = R"sql(
SELECT sweep_id, requirement_id, requirement.text, sweep.name
FROM (SELECT DISTINCT sweep_id, requirement_id FROM trial
      WHERE state = 'queued' AND not_before IS NULL)
JOIN requirement ON requirement.id = requirement_id
JOIN sweep ON sweep.id = sweep_id
ORDER BY sweep_id, requirement_id)sql";

constexpr char kHasReady[] = R"sql(
SELECT EXISTS (SELECT 1 FROM trial WHERE state = 'queued' AND not_before IS NULL
  AND sweep_id = ? AND requirement_id = ?))sql";

constexpr char kRelease[] = R"sql(
UPDATE trial SET not_before = NULL, revision = ?3
WHERE id IN (SELECT id FROM trial WHERE not_before <= ?1 ORDER BY not_before LIMIT ?2)
RETURNING sweep_id, requirement_id, (SELECT name FROM sweep WHERE sweep.id = sweep_id))sql";

constexpr char kNextDelayed[] = "SELECT min(not_before) FROM trial WHERE not_before IS NOT NULL";

constexpr char kRequirement[] = "SELECT text FROM requirement WHERE id = ?";

absl::StatusOr<Requirement> ReadRequirement(Connection& connection, int64_t row) {
  Query query(connection.Prepare(kRequirement));
  if (query.Bind(row).Step()) return StoredRequirement(query.Text(0));
  return absl::InternalError("no requirement has the row " + std::to_string(row));
}

}  // namespace

absl::StatusOr<std::vector<ReadyGroup>> Store::ReadyGroups() {
  return Guarded("list what waits", [&]() -> absl::StatusOr<std::vector<ReadyGroup>> {
    Query query(impl_->connection.Prepare(kReadyGroups));
    std::vector<ReadyGroup> groups;
    while (query.Step()) {
      groups.push_back(
          {{query.Int(0), query.Int(1)}, StoredRequirement(query.Text(2)), query.Text(3)});
    }
    return groups;
  });
}

absl::StatusOr<bool> Store::HasReady(const TrialGroup& group) {
  return Guarded("look for what waits", [&]() -> absl::StatusOr<bool> {
    Query query(impl_->connection.Prepare(kHasReady));
    query.Bind(group.sweep).Bind(group.requirement).Step();
    return query.Int(0) != 0;
  });
}

absl::StatusOr<std::vector<ReadyGroup>> Store::ReleaseDelayed(Timestamp now, int limit) {
  const auto body = [&]() -> absl::StatusOr<std::vector<ReadyGroup>> {
    std::map<TrialGroup, std::string> released;  // and the sweep's name
    {
      Query query(impl_->connection.Prepare(kRelease));
      query.Bind(now).Bind(limit).Bind(impl_->revision);
      while (query.Step()) released[{query.Int(0), query.Int(1)}] = query.Text(2);
    }
    std::vector<ReadyGroup> groups;
    for (const auto& [group, sweep] : released) {
      ADARES_ASSIGN_OR_RETURN(Requirement requirement,
                              ReadRequirement(impl_->connection, group.requirement));
      groups.push_back({group, std::move(requirement), sweep});
    }
    return groups;
  };
  return GuardedWrite(impl_->connection, "release delayed trials", body);
}

absl::StatusOr<std::optional<Timestamp>> Store::NextDelayed() {
  return Guarded("find the next delayed trial", [&]() -> absl::StatusOr<std::optional<Timestamp>> {
    Query query(impl_->connection.Prepare(kNextDelayed));
    query.Step();
    return query.OptionalTime(0);
  });
}

absl::StatusOr<Requirement> Store::RequirementOf(int64_t requirement_row) {
  return Guarded("read a requirement",
                 [&] { return ReadRequirement(impl_->connection, requirement_row); });
}

}  // namespace adares
