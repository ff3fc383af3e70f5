// Store: sweeps and the states of their trials.
#include <unordered_map>

#include "core/status.h"
#include "server/store/json_text.h"
#include "server/store/store.h"
#include "server/store/store_impl.h"

namespace adares {
namespace {

constexpr char kFindDigest[] = "SELECT digest FROM sweep WHERE name = ?";

constexpr char kInsertSweep[] = R"sql(
INSERT INTO sweep (name, title, labels, objective_metric, objective_goal, axes, seeds, baseline,
                   priority, digest, created_at, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
INSERT INTO trial (sweep_id, variant_id, position, name, seed, priority, created_at, queued_at,
                   revision)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)
RETURNING id)sql";

constexpr char kInsertSpec[] = "INSERT INTO trial_spec (trial_id, spec) VALUES (?, ?)";

constexpr char kCancelSweep[] = R"sql(
UPDATE sweep SET cancel_requested_at = ?2, revision = ?3
WHERE name = ?1 AND cancel_requested_at IS NULL AND finished_at IS NULL)sql";

constexpr char kOpenTrials[] = R"sql(
SELECT trial.id, trial.state,
  (SELECT count(*) FROM attempt WHERE trial_id = trial.id AND end_reason = 'worker-lost')
FROM trial JOIN sweep ON sweep.id = trial.sweep_id
WHERE sweep.name = ? AND trial.state IN ('queued', 'running', 'stopping')
ORDER BY trial.position)sql";

constexpr char kGetTrial[] = R"sql(
SELECT trial.id, trial.state,
  (SELECT count(*) FROM attempt WHERE trial_id = trial.id AND end_reason = 'worker-lost')
FROM trial WHERE trial.id = ?)sql";

// Of the attempt only its number is cleared here: EndAttempt ended it.
constexpr char kSetState[] = R"sql(
UPDATE trial SET
  state = ?2,
  message = ?3,
  finished_at = iif(?2 IN ('succeeded', 'failed', 'cancelled'), ?4, NULL),
  queued_at = iif(?2 = 'queued', ?4, queued_at),
  current_attempt = iif(?2 IN ('running', 'stopping'), current_attempt, NULL),
  revision = ?5
WHERE id = ?1)sql";

absl::StatusOr<TrialRow> ReadTrialRow(const Query& query) {
  const std::string word = query.Text(1);
  const auto state = ParseTrialState(word);
  if (!state) {
    return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                     "a trial has the unknown state " + word);
  }
  return TrialRow{query.Int(0), *state, query.Int32(2)};
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
      .Bind(plan.priority)
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

void InsertTrials(Connection& connection, const SweepPlan& plan, const TrialOrigin& origin) {
  int64_t position = 0;
  for (const PlannedTrial& trial : plan.trials) {
    Query query(connection.Prepare(kInsertTrial));
    query.Bind(origin.sweep)
        .Bind(origin.variants.at(trial.variant_index))
        .Bind(position++)
        .Bind(trial.id)
        .Bind(trial.seed)
        .Bind(plan.priority)
        .Bind(origin.now)
        .Bind(origin.revision);
    const int64_t row = InsertedRow(query);
    TrialSpec spec = plan.variants[trial.variant_index].spec;
    spec.seed = trial.seed;
    Query(connection.Prepare(kInsertSpec)).Bind(row).Bind(CanonicalJson(spec)).Run();
  }
}

}  // namespace

absl::StatusOr<std::optional<std::string>> Store::FindSweepDigest(const std::string& sweep) {
  return Guarded("find a sweep", [&]() -> absl::StatusOr<std::optional<std::string>> {
    Query query(impl_->connection.Prepare(kFindDigest));
    if (!query.Bind(sweep).Step()) return std::nullopt;
    return query.Text(0);
  });
}

absl::Status Store::InsertSweep(const SweepPlan& plan, const std::string& spec_text,
                                Timestamp now) {
  return GuardedWrite(impl_->connection, "insert a sweep", [&]() -> absl::Status {
    ADARES_ASSIGN_OR_RETURN(const auto digest, FindSweepDigest(plan.name));
    if (digest) {
      return MakeError(absl::StatusCode::kAlreadyExists, reason::kSweepExists,
                       "there is a sweep " + plan.name + " already", {{"sweep", plan.name}});
    }
    const int64_t sweep = InsertSweepRow(impl_->connection, plan, now, impl_->revision);
    Query(impl_->connection.Prepare(kInsertFile)).Bind(sweep).Bind(spec_text).Run();
    const std::vector<int64_t> variants = InsertVariants(impl_->connection, plan, sweep);
    InsertTrials(impl_->connection, plan, {sweep, variants, now, impl_->revision});
    return absl::OkStatus();
  });
}

absl::Status Store::MarkSweepCancelled(const std::string& sweep, Timestamp now) {
  return GuardedWrite(impl_->connection, "cancel a sweep", [&]() -> absl::Status {
    ADARES_ASSIGN_OR_RETURN(const auto digest, FindSweepDigest(sweep));
    if (!digest) {
      return MakeError(absl::StatusCode::kNotFound, reason::kSweepNotFound,
                       "there is no sweep " + sweep, {{"sweep", sweep}});
    }
    Query(impl_->connection.Prepare(kCancelSweep))
        .Bind(sweep)
        .Bind(now)
        .Bind(impl_->revision)
        .Run();
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<TrialRow>> Store::OpenTrials(const std::string& sweep) {
  return Guarded("list open trials", [&]() -> absl::StatusOr<std::vector<TrialRow>> {
    Query query(impl_->connection.Prepare(kOpenTrials));
    query.Bind(sweep);
    std::vector<TrialRow> trials;
    while (query.Step()) {
      ADARES_ASSIGN_OR_RETURN(const TrialRow trial, ReadTrialRow(query));
      trials.push_back(trial);
    }
    return trials;
  });
}

absl::Status Store::SetTrialState(int64_t trial_row, TrialState state, const std::string& message,
                                  Timestamp now) {
  return GuardedWrite(impl_->connection, "set a trial's state", [&]() -> absl::Status {
    const int64_t changed = Query(impl_->connection.Prepare(kSetState))
                                .Bind(trial_row)
                                .Bind(std::string(Name(state)))
                                .Bind(message)
                                .Bind(now)
                                .Bind(impl_->revision)
                                .Run();
    if (changed == 1) return absl::OkStatus();
    return MakeError(absl::StatusCode::kNotFound, reason::kTrialNotFound,
                     "no trial has the row " + std::to_string(trial_row));
  });
}

absl::StatusOr<TrialRow> Store::GetTrial(int64_t trial_row) {
  return Guarded("get a trial", [&]() -> absl::StatusOr<TrialRow> {
    Query query(impl_->connection.Prepare(kGetTrial));
    if (!query.Bind(trial_row).Step()) {
      return MakeError(absl::StatusCode::kNotFound, reason::kTrialNotFound,
                       "no trial has the row " + std::to_string(trial_row));
    }
    return ReadTrialRow(query);
  });
}

}  // namespace adares
