// Store: sweeps.
#include <map>
#include <utility>

#include "core/status.h"
#include "server/store/json_text.h"
#include "server/store/store.h"
#include "server/store/store_impl.h"
#include "server/store/sweep_rows.h"

namespace adares {
namespace {

constexpr char kFindSweep[] = R"sql(
SELECT id, name, digest, priority, max_parallel, trial_order, timeout, retries, resources,
  stop_rule
FROM sweep WHERE name = ?)sql";

constexpr char kOpenSweeps[] = R"sql(
SELECT id, name, digest, priority, max_parallel, trial_order, timeout, retries, resources,
  stop_rule
FROM sweep WHERE finished_at IS NULL ORDER BY id)sql";

constexpr char kAxes[] = "SELECT axes FROM sweep WHERE id = ?";

constexpr char kSeeds[] = "SELECT seeds FROM sweep WHERE id = ?";

constexpr char kIsOpen[] = "SELECT finished_at IS NULL FROM sweep WHERE id = ?";

constexpr char kInsertSweep[] = R"sql(
INSERT INTO sweep (name, title, labels, objective_metric, objective_goal, axes, seeds, baseline,
                   priority, max_parallel, trial_order, timeout, retries, resources, stop_rule,
                   digest, created_at, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id)sql";

constexpr char kInsertFile[] = "INSERT INTO sweep_file (sweep_id, text) VALUES (?, ?)";

constexpr char kInsertVariant[] = R"sql(
INSERT INTO variant (sweep_id, position, name, label, axes) VALUES (?, ?, ?, ?, ?)
RETURNING id)sql";

constexpr char kSetBaseline[] = R"sql(
UPDATE variant SET baseline_id = baseline.id
FROM variant AS baseline
WHERE variant.id = ?1 AND baseline.sweep_id = ?2 AND baseline.name = ?3)sql";

constexpr char kInsertTrial[] = R"sql(
INSERT INTO trial (sweep_id, variant_id, position, name, seed, requirement_id, created_at,
                   queued_at, revision)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)
RETURNING id)sql";

constexpr char kInsertSpec[] = "INSERT INTO trial_spec (trial_id, spec) VALUES (?, ?)";

constexpr char kMarkCancelled[] = R"sql(
UPDATE sweep SET cancel_requested_at = ?2, revision = ?3
WHERE id = ?1 AND cancel_requested_at IS NULL AND finished_at IS NULL)sql";

constexpr char kUnmarkCancelled[] = R"sql(
UPDATE sweep SET cancel_requested_at = NULL, revision = ?2
WHERE id = ?1 AND cancel_requested_at IS NOT NULL)sql";

SweepHead ReadHead(const Query& query) {
  return {query.Int(0), query.Text(1), query.Text(2), ReadSchedule(query, 3)};
}

int64_t InsertedRow(Query& query) {
  query.Step();
  const int64_t row = query.Int(0);
  query.Step();  // to the end, which completes the statement
  return row;
}

int64_t InsertSweepRow(Connection& connection, const SweepPlan& plan, Timestamp now,
                       int64_t revision) {
  Query query(connection.Prepare(kInsertSweep));
  query.Bind(plan.name)
      .Bind(plan.title)
      .Bind(ToJson(plan.labels))
      .Bind(plan.objective.metric)
      .Bind(std::string(plan.objective.goal == Goal::kMaximize ? "maximize" : "minimize"))
      .Bind(ToJson(plan.axes))
      .Bind(ToJson(plan.seeds))
      .Bind(ToJson(plan.baseline))
      .Bind(plan.schedule.priority)
      .Bind(plan.schedule.max_parallel)
      .Bind(std::string(Name(plan.schedule.order)))
      .Bind(int64_t{plan.schedule.timeout.count()})
      .Bind(ToJson(plan.schedule.retries))
      .Bind(ToText(Requirement{plan.schedule.resources, ""}))
      .Bind(plan.schedule.stop ? ToText(*plan.schedule.stop) : std::string("{}"))
      .Bind(plan.digest)
      .Bind(now)
      .Bind(revision);
  return InsertedRow(query);
}

// Returns the rows of the variants, in their order.
std::vector<int64_t> InsertVariants(Connection& connection, const SweepPlan& plan, int64_t sweep) {
  std::vector<int64_t> rows;
  for (const Variant& variant : plan.variants) {
    Query query(connection.Prepare(kInsertVariant));
    query.Bind(sweep)
        .Bind(static_cast<int64_t>(rows.size()))
        .Bind(variant.id)
        .Bind(variant.label)
        .Bind(ToJson(variant.axes));
    rows.push_back(InsertedRow(query));
  }
  for (size_t i = 0; i < plan.variants.size(); ++i) {
    if (plan.variants[i].baseline_id.empty()) continue;
    Query query(connection.Prepare(kSetBaseline));
    query.Bind(rows[i]).Bind(sweep).Bind(plan.variants[i].baseline_id).Run();
  }
  return rows;
}

struct TrialOrigin {
  int64_t sweep = 0;
  const std::vector<int64_t>& variants;
  Timestamp now;
  int64_t revision = 0;
};

void InsertTrial(Connection& connection, const TrialOrigin& origin, const PlannedTrial& trial,
                 int64_t position, int64_t requirement, const TrialSpec& spec) {
  Query query(connection.Prepare(kInsertTrial));
  query.Bind(origin.sweep)
      .Bind(origin.variants.at(trial.variant_index))
      .Bind(position)
      .Bind(trial.id)
      .Bind(trial.seed)
      .Bind(requirement)
      .Bind(origin.now)
      .Bind(origin.revision);
  const int64_t row = InsertedRow(query);
  Query(connection.Prepare(kInsertSpec)).Bind(row).Bind(CanonicalJson(spec)).Run();
}

}  // namespace

absl::StatusOr<std::optional<SweepHead>> Store::FindSweep(const std::string& sweep) {
  return Guarded("find a sweep", [&]() -> absl::StatusOr<std::optional<SweepHead>> {
    Query query(impl_->connection.Prepare(kFindSweep));
    if (!query.Bind(sweep).Step()) return std::nullopt;
    return ReadHead(query);
  });
}

absl::StatusOr<SweepHead> Store::GetSweep(const std::string& sweep) {
  ADARES_ASSIGN_OR_RETURN(std::optional<SweepHead> head, FindSweep(sweep));
  if (head) return *std::move(head);
  return Guarded("name a sweep", [&] { return NoSuchSweep(impl_->connection, sweep); });
}

absl::StatusOr<std::vector<Axis>> Store::AxesOfSweep(int64_t sweep_row) {
  return Guarded("read a sweep's axes", [&]() -> absl::StatusOr<std::vector<Axis>> {
    Query query(impl_->connection.Prepare(kAxes));
    if (!query.Bind(sweep_row).Step()) return std::vector<Axis>{};
    return AxesFromJson(query.Text(0));
  });
}

absl::StatusOr<std::vector<int64_t>> Store::SeedsOfSweep(int64_t sweep_row) {
  return Guarded("read a sweep's seeds", [&]() -> absl::StatusOr<std::vector<int64_t>> {
    Query query(impl_->connection.Prepare(kSeeds));
    if (!query.Bind(sweep_row).Step()) return std::vector<int64_t>{};
    return IntegersFromJson(query.Text(0));
  });
}

absl::StatusOr<std::vector<SweepHead>> Store::OpenSweeps() {
  return Guarded("list open sweeps", [&]() -> absl::StatusOr<std::vector<SweepHead>> {
    Query query(impl_->connection.Prepare(kOpenSweeps));
    std::vector<SweepHead> sweeps;
    while (query.Step()) {
      sweeps.push_back(ReadHead(query));
    }
    return sweeps;
  });
}

absl::StatusOr<bool> Store::IsSweepOpen(int64_t sweep_row) {
  return Guarded("look at a sweep", [&]() -> absl::StatusOr<bool> {
    Query query(impl_->connection.Prepare(kIsOpen));
    return query.Bind(sweep_row).Step() && query.Int(0) != 0;
  });
}

absl::StatusOr<std::vector<ReadyGroup>> Store::InsertSweep(const SweepPlan& plan,
                                                           const std::string& spec_text,
                                                           Timestamp now) {
  const auto body = [&]() -> absl::StatusOr<std::vector<ReadyGroup>> {
    ADARES_ASSIGN_OR_RETURN(const auto existing, FindSweep(plan.name));
    if (existing) {
      return MakeError(absl::StatusCode::kAlreadyExists, reason::kSweepExists,
                       "there is a sweep " + plan.name + " already", {{"sweep", plan.name}});
    }
    const int64_t sweep = InsertSweepRow(impl_->connection, plan, now, impl_->revision);
    Query(impl_->connection.Prepare(kInsertFile)).Bind(sweep).Bind(spec_text).Run();
    const std::vector<int64_t> variants = InsertVariants(impl_->connection, plan, sweep);
    const TrialOrigin origin{sweep, variants, now, impl_->revision};
    std::map<int64_t, Requirement> requirements;
    int64_t position = 0;
    for (const PlannedTrial& trial : plan.trials) {
      TrialSpec spec = plan.variants[trial.variant_index].spec;
      spec.seed = trial.seed;
      const Requirement requirement = adares::RequirementOf(plan.schedule.resources, spec);
      const int64_t row = impl_->RequirementId(ToText(requirement));
      requirements.emplace(row, requirement);
      InsertTrial(impl_->connection, origin, trial, position++, row, spec);
    }
    std::vector<ReadyGroup> groups;
    for (const auto& [row, requirement] : requirements) {
      groups.push_back({{sweep, row}, requirement, plan.name});
    }
    return groups;
  };
  return GuardedWrite(impl_->connection, "insert a sweep", body);
}

absl::Status Store::MarkSweepCancelled(int64_t sweep_row, Timestamp now) {
  return GuardedWrite(impl_->connection, "cancel a sweep", [&] {
    Query(impl_->connection.Prepare(kMarkCancelled))
        .Bind(sweep_row)
        .Bind(now)
        .Bind(impl_->revision)
        .Run();
    return absl::OkStatus();
  });
}

absl::Status Store::UnmarkSweepCancelled(int64_t sweep_row) {
  return GuardedWrite(impl_->connection, "take back that a sweep is cancelled", [&] {
    Query(impl_->connection.Prepare(kUnmarkCancelled)).Bind(sweep_row).Bind(impl_->revision).Run();
    return absl::OkStatus();
  });
}

}  // namespace adares
