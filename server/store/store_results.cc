// Store: what attempts report. Rows are keyed by (trial, key or site, step, attempt), so a repeated
// report changes nothing.
#include <cmath>
#include <map>

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

constexpr char kInsertWeight[] = R"sql(
INSERT INTO skip_weight (trial_id, site_id, step, attempt, epoch, value, gradient, s, r,
  gradient_snr, path_ratio, skip_share)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING)sql";

constexpr char kFindWeight[] = R"sql(
SELECT epoch, value, gradient, s, r, gradient_snr, path_ratio, skip_share FROM skip_weight
WHERE trial_id = ? AND site_id = ? AND step = ? AND attempt = ?)sql";

constexpr char kInsertLine[] = R"sql(
INSERT INTO log_line (attempt_id, number, text, logged_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING)sql";

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

bool HasSamePoint(Connection& connection, const LiveAttempt& attempt, int64_t key,
                  const MetricPoint& point) {
  Query query(connection.Prepare(kFindPoint));
  query.Bind(attempt.trial_row).Bind(key).Bind(point.step).Bind(attempt.id.attempt);
  return query.Step() && query.Int(0) == point.epoch && SameValue(query.Real(1), point.value);
}

bool HasSameWeight(Connection& connection, const LiveAttempt& attempt, int64_t site,
                   const SkipWeightPoint& weight) {
  Query query(connection.Prepare(kFindWeight));
  query.Bind(attempt.trial_row).Bind(site).Bind(weight.step).Bind(attempt.id.attempt);
  return query.Step() && query.Int(0) == weight.epoch && SameValue(query.Real(1), weight.value) &&
         SameValue(query.Real(2), weight.gradient) && SameValue(query.Real(3), weight.s) &&
         SameValue(query.Real(4), weight.r) && SameValue(query.Real(5), weight.gradient_snr) &&
         SameValue(query.Real(6), weight.path_ratio) && SameValue(query.Real(7), weight.skip_share);
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

}  // namespace

absl::StatusOr<WriteCounts> Store::AppendPoints(const LiveAttempt& attempt,
                                                const std::vector<MetricPoint>& points) {
  return GuardedWrite(impl_->connection, "append points", [&]() -> absl::StatusOr<WriteCounts> {
    WriteCounts counts;
    std::map<int64_t, KeySummary> summaries;
    Query insert(impl_->connection.Prepare(kInsertPoint));
    for (const MetricPoint& point : points) {
      const int64_t key = impl_->KeyId(point.key);
      insert.Again();
      insert.Bind(attempt.trial_row).Bind(key).Bind(point.step).Bind(attempt.id.attempt);
      if (insert.Bind(point.epoch).Bind(point.value).Run() == 1) {
        ++counts.written;
        summaries[key].Add(point);
      } else if (HasSamePoint(impl_->connection, attempt, key, point)) {
        ++counts.repeated;
      } else {
        ++counts.conflicting;
      }
    }
    AddToSummaries(impl_->connection, attempt, summaries);
    impl_->Touch(attempt.trial_row);
    return counts;
  });
}

absl::StatusOr<WriteCounts> Store::AppendSkipWeights(const LiveAttempt& attempt,
                                                     const std::vector<SkipWeightPoint>& weights) {
  const auto body = [&]() -> absl::StatusOr<WriteCounts> {
    WriteCounts counts;
    Query insert(impl_->connection.Prepare(kInsertWeight));
    for (const SkipWeightPoint& weight : weights) {
      const int64_t site = impl_->SiteId(weight.site);
      insert.Again();
      insert.Bind(attempt.trial_row).Bind(site).Bind(weight.step).Bind(attempt.id.attempt);
      insert.Bind(weight.epoch).Bind(weight.value).Bind(weight.gradient);
      insert.Bind(weight.s).Bind(weight.r).Bind(weight.gradient_snr);
      if (insert.Bind(weight.path_ratio).Bind(weight.skip_share).Run() == 1) {
        ++counts.written;
      } else if (HasSameWeight(impl_->connection, attempt, site, weight)) {
        ++counts.repeated;
      } else {
        ++counts.conflicting;
      }
    }
    impl_->Touch(attempt.trial_row);
    return counts;
  };
  return GuardedWrite(impl_->connection, "append skip weights", body);
}

absl::Status Store::AppendLog(const LiveAttempt& attempt, const std::vector<LogLine>& lines) {
  return GuardedWrite(impl_->connection, "append log lines", [&] {
    Query insert(impl_->connection.Prepare(kInsertLine));
    for (const LogLine& line : lines) {
      insert.Again();
      insert.Bind(attempt.attempt_row).Bind(line.number).Bind(line.text).Bind(line.time).Run();
    }
    impl_->Touch(attempt.trial_row);
    return absl::OkStatus();
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
