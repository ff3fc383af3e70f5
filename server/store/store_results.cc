// Store: what attempts report. Rows are keyed by (trial, key or site, step, attempt), so a repeated
// report changes nothing.
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/report_limits.h"
#include "server/store/store.h"
#include "server/store/store_impl.h"

namespace adares {
namespace {

constexpr char kInsertPoint[] = R"sql(
INSERT INTO metric_point (trial_id, key_id, step, attempt, epoch, value) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING)sql";

constexpr char kFindPoint[] = R"sql(
SELECT epoch, value FROM metric_point
WHERE trial_id = ? AND key_id = ? AND step = ? AND attempt = ?)sql";

// A row of the line that the attempt went on from. Few points are looked up so: those that an
// attempt reports of the step where it began.
constexpr char kFindEarlierPoint[] = R"sql(
SELECT metric_point.epoch, metric_point.value
FROM metric_point
JOIN attempt ON attempt.trial_id = metric_point.trial_id AND attempt.number = metric_point.attempt
WHERE metric_point.trial_id = ? AND metric_point.key_id = ? AND metric_point.step = ?
  AND metric_point.attempt < ?
  AND (attempt.surviving_until_step IS NULL OR metric_point.step <= attempt.surviving_until_step)
LIMIT 1)sql";

// The last value is that of the highest step, whatever the order in which points come.
constexpr char kAddToSummary[] = R"sql(
INSERT INTO metric_summary (trial_id, key_id, count, last_step, last_value, min_value, max_value)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (trial_id, key_id) DO UPDATE SET
  count = count + excluded.count,
  last_value = iif(excluded.last_step >= last_step, excluded.last_value, last_value),
  last_step = max(last_step, excluded.last_step),
  min_value = min(coalesce(min_value, excluded.min_value), coalesce(excluded.min_value, min_value)),
  max_value = max(coalesce(max_value, excluded.max_value), coalesce(excluded.max_value, max_value)))sql";

constexpr char kFindReached[] = R"sql(
SELECT metric_point.step, metric_point.epoch, metric_point.value
FROM metric_point
JOIN metric_key ON metric_key.id = metric_point.key_id
JOIN attempt ON attempt.trial_id = metric_point.trial_id AND attempt.number = metric_point.attempt
WHERE metric_point.trial_id = ?1 AND metric_key.name = ?2 AND metric_point.epoch >= ?3
  AND iif(?4, metric_point.value > ?5, metric_point.value < ?5)
  AND (attempt.surviving_until_step IS NULL OR metric_point.step <= attempt.surviving_until_step)
ORDER BY metric_point.step
LIMIT 1)sql";

constexpr char kFindKeyOfTrial[] = R"sql(
SELECT metric_key.id FROM metric_key
JOIN metric_summary ON metric_summary.key_id = metric_key.id AND metric_summary.trial_id = ?
WHERE metric_key.name = ?)sql";

constexpr char kCountKeysOfTrial[] = "SELECT count(*) FROM metric_summary WHERE trial_id = ?";

constexpr char kFindSiteOfTrial[] = R"sql(
SELECT id FROM site
WHERE EXISTS (SELECT 1 FROM skip_weight WHERE trial_id = ?1 AND site_id = site.id) AND name = ?2)sql";

// From one site to the next by the primary key: what it costs is the sites, not their rows.
constexpr char kCountSitesOfTrial[] = R"sql(
WITH RECURSIVE known (site_id) AS (
  SELECT min(site_id) FROM skip_weight WHERE trial_id = ?1
  UNION ALL
  SELECT (SELECT min(site_id) FROM skip_weight
          WHERE trial_id = ?1 AND site_id > known.site_id)
  FROM known WHERE known.site_id IS NOT NULL)
SELECT count(site_id) FROM known)sql";

constexpr char kInsertWeight[] = R"sql(
INSERT INTO skip_weight (trial_id, site_id, step, attempt, epoch, value, gradient, s, r,
  gradient_snr, path_ratio, skip_share)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING)sql";

constexpr char kFindWeight[] = R"sql(
SELECT epoch, value, gradient, s, r, gradient_snr, path_ratio, skip_share FROM skip_weight
WHERE trial_id = ? AND site_id = ? AND step = ? AND attempt = ?)sql";

constexpr char kFindEarlierWeight[] = R"sql(
SELECT skip_weight.epoch, skip_weight.value, skip_weight.gradient, skip_weight.s, skip_weight.r,
  skip_weight.gradient_snr, skip_weight.path_ratio, skip_weight.skip_share
FROM skip_weight
JOIN attempt ON attempt.trial_id = skip_weight.trial_id AND attempt.number = skip_weight.attempt
WHERE skip_weight.trial_id = ? AND skip_weight.site_id = ? AND skip_weight.step = ?
  AND skip_weight.attempt < ?
  AND (attempt.surviving_until_step IS NULL OR skip_weight.step <= attempt.surviving_until_step)
LIMIT 1)sql";

constexpr char kInsertLine[] = R"sql(
INSERT INTO log_line (attempt_id, number, text, logged_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING)sql";

constexpr char kFindLine[] = "SELECT text FROM log_line WHERE attempt_id = ? AND number = ?";

constexpr char kSetProgress[] = R"sql(
UPDATE trial SET
  step = ?, total_steps = ?, epoch = ?, total_epochs = ?, images_per_second = ?, revision = ?
WHERE id = ?)sql";

// NaN is the same value as NaN: both say that the measurement was none.
bool SameValue(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// What a batch adds to the summary of one key.
struct KeySummary {
  int64_t count = 0;
  int64_t last_step = -1;
  double last_value = 0;
  double min_value = std::nan("");
  double max_value = std::nan("");

  void Add(const MetricPoint& point) {
    ++count;
    if (point.step >= last_step) {
      last_step = point.step;
      last_value = point.value;
    }
    min_value = std::fmin(min_value, point.value);  // fmin and fmax pass NaN over
    max_value = std::fmax(max_value, point.value);
  }
};

bool IsSame(const Query& query, const MetricPoint& point) {
  return query.Int(0) == point.epoch && SameValue(query.Real(1), point.value);
}

bool IsSame(const Query& query, const SkipWeightPoint& weight) {
  return query.Int(0) == weight.epoch && SameValue(query.Real(1), weight.value) &&
         SameValue(query.Real(2), weight.gradient) && SameValue(query.Real(3), weight.s) &&
         SameValue(query.Real(4), weight.r) && SameValue(query.Real(5), weight.gradient_snr) &&
         SameValue(query.Real(6), weight.path_ratio) && SameValue(query.Real(7), weight.skip_share);
}

// Counts the measurement against the row that `find` gives, if there is one.
template <typename Measurement>
bool CountKnown(Connection& connection, const char* find, const LiveAttempt& attempt,
                int64_t name_id, const Measurement& measurement, WriteCounts& counts) {
  Query query(connection.Prepare(find));
  query.Bind(attempt.trial_row).Bind(name_id).Bind(measurement.step).Bind(attempt.id.attempt);
  if (!query.Step()) return false;
  ++(IsSame(query, measurement) ? counts.repeated : counts.conflicting);
  return true;
}

// Counts a line whose number is taken against the line that is there.
void CountKnownLine(Connection& connection, const LiveAttempt& attempt, const LogLine& line,
                    WriteCounts& counts) {
  Query query(connection.Prepare(kFindLine));
  query.Bind(attempt.attempt_row).Bind(line.number);
  ++(query.Step() && query.Text(0) == line.text ? counts.repeated : counts.conflicting);
}

void AddToSummaries(Connection& connection, const LiveAttempt& attempt,
                    const std::map<int64_t, KeySummary>& summaries) {
  for (const auto& [key, summary] : summaries) {
    Query(connection.Prepare(kAddToSummary))
        .Bind(attempt.trial_row)
        .Bind(key)
        .Bind(summary.count)
        .Bind(summary.last_step)
        .Bind(summary.last_value)
        .Bind(summary.min_value)
        .Bind(summary.max_value)
        .Run();
  }
}

// How many metrics, or sites, a trial may have, and which it has.
struct NameLimit {
  const char* find;   // the id of one, by trial and name
  const char* count;  // of the trial
  int64_t most;
};
constexpr NameLimit kKeys = {kFindKeyOfTrial, kCountKeysOfTrial, kMaxMetricKeysPerTrial};
constexpr NameLimit kSites = {kFindSiteOfTrial, kCountSitesOfTrial, kMaxSitesPerTrial};

// Which metrics, or sites, of one batch its trial may have: what it has, and others until it has
// enough. A name that it may not have gets no row, since names are never forgotten.
class NamesOfTrial {
 public:
  // `new_id` gives a name its row.
  NamesOfTrial(const NameLimit& limit, Connection& connection, int64_t trial_row,
               std::function<int64_t(const std::string&)> new_id)
      : limit_(limit), connection_(connection), trial_row_(trial_row), new_id_(std::move(new_id)) {}

  // The id of the name; nullopt where the trial may not have it.
  std::optional<int64_t> IdOf(const std::string& name) {
    const auto known = ids_.find(name);
    return known != ids_.end() ? known->second : ids_[name] = Find(name);
  }

 private:
  std::optional<int64_t> Find(const std::string& name) {
    Query find(connection_.Prepare(limit_.find));
    if (find.Bind(trial_row_).Bind(name).Step()) return find.Int(0);
    if (count_ < 0) {
      Query count(connection_.Prepare(limit_.count));
      count.Bind(trial_row_).Step();
      count_ = count.Int(0);
    }
    if (count_ >= limit_.most) return std::nullopt;
    ++count_;
    return new_id_(name);
  }

  const NameLimit& limit_;
  Connection& connection_;
  const int64_t trial_row_;
  const std::function<int64_t(const std::string&)> new_id_;
  std::map<std::string, std::optional<int64_t>> ids_;
  int64_t count_ = -1;  // of the trial's names, once it is known
};

}  // namespace

absl::StatusOr<WriteCounts> Store::AppendPoints(const LiveAttempt& attempt,
                                                const std::vector<MetricPoint>& points) {
  return GuardedWrite(impl_->connection, "append points", [&]() -> absl::StatusOr<WriteCounts> {
    WriteCounts counts;
    std::map<int64_t, KeySummary> summaries;
    NamesOfTrial keys(kKeys, impl_->connection, attempt.trial_row,
                      [this](const std::string& key) { return impl_->KeyId(key); });
    Query insert(impl_->connection.Prepare(kInsertPoint));
    for (const MetricPoint& point : points) {
      const std::optional<int64_t> id = keys.IdOf(point.key);
      if (!id) {
        ++counts.excessive;
        continue;
      }
      const int64_t key = *id;
      if (point.step <= attempt.resumed_step &&
          CountKnown(impl_->connection, kFindEarlierPoint, attempt, key, point, counts)) {
        continue;
      }
      insert.Again();
      insert.Bind(attempt.trial_row).Bind(key).Bind(point.step).Bind(attempt.id.attempt);
      if (insert.Bind(point.epoch).Bind(point.value).Run() == 1) {
        ++counts.written;
        summaries[key].Add(point);
      } else {
        CountKnown(impl_->connection, kFindPoint, attempt, key, point, counts);
      }
    }
    AddToSummaries(impl_->connection, attempt, summaries);
    impl_->Touch(attempt.trial_row);
    return counts;
  });
}

absl::StatusOr<std::optional<MetricPoint>> Store::FindReached(int64_t trial_row,
                                                              const StopRule& rule) {
  const auto body = [&]() -> absl::StatusOr<std::optional<MetricPoint>> {
    Query query(impl_->connection.Prepare(kFindReached));
    query.Bind(trial_row).Bind(rule.metric).Bind(rule.after_epoch);
    query.Bind(int64_t{rule.side == StopRule::Side::kAbove}).Bind(rule.target);
    std::optional<MetricPoint> reached;
    if (query.Step()) reached = {rule.metric, query.Int(0), query.Int(1), query.Real(2)};
    return reached;
  };
  return Guarded("look for a target", body);
}

absl::StatusOr<WriteCounts> Store::AppendSkipWeights(const LiveAttempt& attempt,
                                                     const std::vector<SkipWeightPoint>& weights) {
  const auto body = [&]() -> absl::StatusOr<WriteCounts> {
    WriteCounts counts;
    NamesOfTrial sites(kSites, impl_->connection, attempt.trial_row,
                       [this](const std::string& site) { return impl_->SiteId(site); });
    Query insert(impl_->connection.Prepare(kInsertWeight));
    for (const SkipWeightPoint& weight : weights) {
      const std::optional<int64_t> id = sites.IdOf(weight.site);
      if (!id) {
        ++counts.excessive;
        continue;
      }
      const int64_t site = *id;
      if (weight.step <= attempt.resumed_step &&
          CountKnown(impl_->connection, kFindEarlierWeight, attempt, site, weight, counts)) {
        continue;
      }
      insert.Again();
      insert.Bind(attempt.trial_row).Bind(site).Bind(weight.step).Bind(attempt.id.attempt);
      insert.Bind(weight.epoch).Bind(weight.value).Bind(weight.gradient);
      insert.Bind(weight.s).Bind(weight.r).Bind(weight.gradient_snr);
      if (insert.Bind(weight.path_ratio).Bind(weight.skip_share).Run() == 1) {
        ++counts.written;
      } else {
        CountKnown(impl_->connection, kFindWeight, attempt, site, weight, counts);
      }
    }
    impl_->Touch(attempt.trial_row);
    return counts;
  };
  return GuardedWrite(impl_->connection, "append skip weights", body);
}

absl::StatusOr<WriteCounts> Store::AppendLog(const LiveAttempt& attempt,
                                             const std::vector<LogLine>& lines) {
  return GuardedWrite(impl_->connection, "append log lines", [&]() -> absl::StatusOr<WriteCounts> {
    WriteCounts counts;
    Query insert(impl_->connection.Prepare(kInsertLine));
    for (const LogLine& line : lines) {
      if (line.number > kMaxLogLinesPerAttempt) {
        ++counts.excessive;
        continue;
      }
      insert.Again();
      insert.Bind(attempt.attempt_row).Bind(line.number).Bind(line.text).Bind(line.time);
      if (insert.Run() == 1) {
        ++counts.written;
      } else {
        CountKnownLine(impl_->connection, attempt, line, counts);
      }
    }
    impl_->Touch(attempt.trial_row);
    return counts;
  });
}

absl::Status Store::SetProgress(const LiveAttempt& attempt, const Progress& progress) {
  return GuardedWrite(impl_->connection, "set an attempt's progress", [&] {
    const double speed = progress.images_per_second;
    Query(impl_->connection.Prepare(kSetProgress))
        .Bind(progress.step)
        .Bind(progress.total_steps)
        .Bind(progress.epoch)
        .Bind(progress.total_epochs)
        .Bind(std::isfinite(speed) ? speed : 0.0)  // 0 means unknown
        .Bind(impl_->revision)
        .Bind(attempt.trial_row)
        .Run();
    return absl::OkStatus();
  });
}

}  // namespace adares
