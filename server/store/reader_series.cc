// Reader: the points and skip weights of one trial.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/near_miss.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "server/store/reader.h"
#include "server/store/reader_impl.h"
#include "server/store/site_order.h"

namespace adares {
namespace {

// A name and its row: a metric key or a site.
struct NamedRow {
  std::string name;
  int64_t row = 0;
};

constexpr char kKeys[] = R"sql(
SELECT metric_key.name, metric_key.id
FROM metric_summary JOIN metric_key ON metric_key.id = metric_summary.key_id
WHERE metric_summary.trial_id = ? ORDER BY metric_key.name)sql";

constexpr char kPoints[] = R"sql(
SELECT metric_point.step, metric_point.epoch, metric_point.value
FROM metric_point
JOIN attempt ON attempt.trial_id = metric_point.trial_id AND attempt.number = metric_point.attempt
WHERE metric_point.trial_id = ? AND metric_point.key_id = ?
  AND (attempt.surviving_until_step IS NULL OR metric_point.step <= attempt.surviving_until_step)
ORDER BY metric_point.step)sql";

constexpr char kSites[] = R"sql(
SELECT name, id FROM site
WHERE EXISTS (SELECT 1 FROM skip_weight WHERE trial_id = ? AND site_id = site.id))sql";

constexpr char kWeights[] = R"sql(
SELECT skip_weight.step, skip_weight.epoch, skip_weight.value, skip_weight.gradient
FROM skip_weight
JOIN attempt ON attempt.trial_id = skip_weight.trial_id AND attempt.number = skip_weight.attempt
WHERE skip_weight.trial_id = ? AND skip_weight.site_id = ?
  AND (attempt.surviving_until_step IS NULL OR skip_weight.step <= attempt.surviving_until_step)
ORDER BY skip_weight.step)sql";

constexpr char kLastWeight[] = R"sql(
SELECT skip_weight.step, skip_weight.epoch, skip_weight.value, skip_weight.gradient
FROM skip_weight
JOIN attempt ON attempt.trial_id = skip_weight.trial_id AND attempt.number = skip_weight.attempt
WHERE skip_weight.trial_id = ? AND skip_weight.site_id = ?
  AND (attempt.surviving_until_step IS NULL OR skip_weight.step <= attempt.surviving_until_step)
ORDER BY skip_weight.step DESC LIMIT 1)sql";

std::vector<NamedRow> ReadNamedRows(Query& query) {
  std::vector<NamedRow> rows;
  while (query.Step()) rows.push_back({query.Text(0), query.Int(1)});
  return rows;
}

bool IsNamed(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

// METRIC_NOT_FOUND for the first of `wanted` that the trial does not have.
absl::Status CheckKeys(const std::vector<NamedRow>& keys, const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  for (const NamedRow& key : keys) known.push_back(key.name);
  for (const std::string& key : wanted) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return MakeError(absl::StatusCode::kNotFound, reason::kMetricNotFound,
                     absl::StrCat("the trial has no metric ", Quoted(key), DidYouMean(key, known)),
                     {{"metric", key}, {"known", absl::StrJoin(known, ", ")}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<MetricPoint>> Reader::Points(const std::string& sweep,
                                                        const std::string& trial,
                                                        const std::vector<std::string>& keys) {
  const auto body = [&]() -> absl::StatusOr<std::vector<MetricPoint>> {
    ADARES_ASSIGN_OR_RETURN(const int64_t row, FindTrialRow(impl_->connection, sweep, trial));
    Query key_query(impl_->connection.Prepare(kKeys));
    key_query.Bind(row);
    const std::vector<NamedRow> known = ReadNamedRows(key_query);
    ADARES_RETURN_IF_ERROR(CheckKeys(known, keys));
    std::vector<MetricPoint> points;
    for (const NamedRow& key : known) {
      if (!IsNamed(keys, key.name)) continue;
      Query query(impl_->connection.Prepare(kPoints));
      query.Bind(row).Bind(key.row);
      while (query.Step()) {
        points.push_back({key.name, query.Int(0), query.Int(1), query.Real(2)});
      }
    }
    return points;
  };
  return GuardedRead(impl_->connection, "read points", body);
}

absl::StatusOr<std::vector<SkipWeightPoint>> Reader::SkipWeights(
    const std::string& sweep, const std::string& trial, const std::vector<std::string>& sites,
    bool last_only) {
  const auto body = [&]() -> absl::StatusOr<std::vector<SkipWeightPoint>> {
    ADARES_ASSIGN_OR_RETURN(const int64_t row, FindTrialRow(impl_->connection, sweep, trial));
    Query site_query(impl_->connection.Prepare(kSites));
    site_query.Bind(row);
    std::vector<NamedRow> known = ReadNamedRows(site_query);
    std::sort(known.begin(), known.end(),
              [](const NamedRow& a, const NamedRow& b) { return SiteBefore(a.name, b.name); });
    std::vector<SkipWeightPoint> weights;
    for (const NamedRow& site : known) {
      if (!IsNamed(sites, site.name)) continue;
      Query query(impl_->connection.Prepare(last_only ? kLastWeight : kWeights));
      query.Bind(row).Bind(site.row);
      while (query.Step()) {
        weights.push_back({site.name, query.Int(0), query.Int(1), query.Real(2), query.Real(3)});
      }
    }
    return weights;
  };
  return GuardedRead(impl_->connection, "read skip weights", body);
}

}  // namespace adares
