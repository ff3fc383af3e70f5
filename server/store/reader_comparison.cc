// Reader: the comparison of a sweep's variants.
#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/axis_check.h"
#include "core/comparison.h"
#include "core/measurement.h"
#include "core/near_miss.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "server/store/json_text.h"
#include "server/store/page_token.h"
#include "server/store/reader.h"
#include "server/store/reader_impl.h"
#include "server/store/record_bytes.h"

namespace adares {
namespace {

constexpr char kVariants[] = R"sql(
SELECT variant.name, variant.label, variant.axes,
  (SELECT count(*) FROM trial WHERE trial.variant_id = variant.id), coalesce(baseline.name, ''),
  (SELECT count(*) FROM trial
   WHERE trial.variant_id = variant.id AND trial.state = 'stopped-early')
FROM variant LEFT JOIN variant AS baseline ON baseline.id = variant.baseline_id
WHERE variant.sweep_id = ? ORDER BY variant.position)sql";

// CROSS JOIN keeps the order: the sweep's trials first, one summary row of each.
constexpr char kValues[] = R"sql(
SELECT variant.name, trial.seed, metric_summary.last_value
FROM trial
CROSS JOIN variant ON variant.id = trial.variant_id
CROSS JOIN metric_summary ON metric_summary.trial_id = trial.id
  AND metric_summary.key_id = (SELECT id FROM metric_key WHERE name = ?2)
WHERE trial.sweep_id = ?1 AND trial.state = 'succeeded' AND metric_summary.last_value IS NOT NULL)sql";

// A flag's newest row says whether it is raised.
constexpr char kFlagged[] = R"sql(
WITH surviving AS (
  SELECT flag.trial_id, flag.kind, flag.site, flag.step, flag.attempt, flag.raised
  FROM trial
  CROSS JOIN flag ON flag.trial_id = trial.id
  CROSS JOIN attempt ON attempt.trial_id = flag.trial_id AND attempt.number = flag.attempt
  WHERE trial.sweep_id = ?
    AND (attempt.surviving_until_step IS NULL OR flag.step <= attempt.surviving_until_step))
SELECT variant.name, count(DISTINCT trial.id)
FROM surviving
JOIN trial ON trial.id = surviving.trial_id
JOIN variant ON variant.id = trial.variant_id
WHERE surviving.raised
  AND NOT EXISTS (
    SELECT 1 FROM surviving AS later
    WHERE later.trial_id = surviving.trial_id AND later.kind = surviving.kind
      AND later.site = surviving.site
      AND (later.step, later.attempt) > (surviving.step, surviving.attempt))
GROUP BY variant.id)sql";

constexpr char kKeysOfSweep[] = R"sql(
SELECT name FROM metric_key
WHERE EXISTS (
  SELECT 1 FROM trial CROSS JOIN metric_summary ON metric_summary.trial_id = trial.id
  WHERE trial.sweep_id = ? AND metric_summary.key_id = metric_key.id)
ORDER BY name)sql";

using VariantIndex = std::unordered_map<std::string, size_t>;  // id -> place in the comparison

absl::Status CheckMetric(Connection& connection, int64_t sweep_row, const std::string& metric) {
  Query query(connection.Prepare(kKeysOfSweep));
  query.Bind(sweep_row);
  const std::vector<std::string> known = ReadTexts(query);
  if (std::find(known.begin(), known.end(), metric) != known.end()) return absl::OkStatus();
  const std::string hint =
      known.empty() ? std::string("; none has reported yet") : DidYouMean(metric, known);
  return MakeError(absl::StatusCode::kNotFound, reason::kMetricNotFound,
                   absl::StrCat("no trial of the sweep has the metric ", Quoted(metric), hint),
                   {{"metric", metric}, {"known", absl::StrJoin(known, ", ")}});
}

absl::StatusOr<std::vector<VariantResult>> ReadVariants(Connection& connection, int64_t sweep_row) {
  std::vector<VariantResult> variants;
  Query query(connection.Prepare(kVariants));
  query.Bind(sweep_row);
  while (query.Step()) {
    VariantResult variant;
    variant.variant = query.Text(0);
    variant.label = query.Text(1);
    ADARES_ASSIGN_OR_RETURN(variant.axes, AxisValuesFromJson(query.Text(2)));
    variant.trial_count = query.Int32(3);
    variant.baseline = query.Text(4);
    variant.stopped_early_count = query.Int32(5);
    variants.push_back(std::move(variant));
  }
  return variants;
}

VariantIndex IndexById(const std::vector<VariantResult>& variants) {
  VariantIndex index;
  for (size_t i = 0; i < variants.size(); ++i) index[variants[i].variant] = i;
  return index;
}

// Pairs each variant with the one that has the same values except for those of the baseline.
absl::Status PairAnew(const std::map<std::string, std::string>& baseline,
                      std::vector<VariantResult>& variants) {
  std::map<AxisValues, std::string> by_axes;
  for (const VariantResult& variant : variants) by_axes[variant.axes] = variant.variant;
  bool any = false;
  for (VariantResult& variant : variants) {
    AxisValues partner = variant.axes;
    for (auto& [axis, value] : partner) {
      const auto found = baseline.find(axis);
      if (found != baseline.end()) value = found->second;
    }
    const auto found = by_axes.find(partner);
    variant.baseline = found == by_axes.end() ? "" : found->second;
    any = any || !variant.baseline.empty();
  }
  if (any) return absl::OkStatus();
  const std::string text = absl::StrJoin(baseline, " ", absl::PairFormatter("="));
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                   absl::StrCat("no variant of the sweep has ", text, "; its file excludes them"),
                   {{"field", "baseline"}, {"baseline", text}});
}

void ReadValues(Connection& connection, int64_t sweep_row, const VariantIndex& index,
                Comparison& comparison) {
  Query query(connection.Prepare(kValues));
  query.Bind(sweep_row).Bind(comparison.metric);
  while (query.Step()) {
    comparison.variants[index.at(query.Text(0))].values[query.Int(1)] = query.Real(2);
  }
}

void CountFlagged(Connection& connection, int64_t sweep_row, const VariantIndex& index,
                  std::vector<VariantResult>& variants) {
  Query query(connection.Prepare(kFlagged));
  query.Bind(sweep_row);
  while (query.Step()) variants[index.at(query.Text(0))].flagged_count = query.Int32(1);
}

void FillSummaries(const VariantIndex& index, std::vector<VariantResult>& variants) {
  for (VariantResult& variant : variants) {
    std::vector<double> values;
    for (const auto& [seed, value] : variant.values) values.push_back(value);
    variant.summary = Summarize(values);
    if (variant.baseline.empty() || variant.baseline == variant.variant) continue;
    const PairedDifference difference =
        ComparePaired(variant.values, variants[index.at(variant.baseline)].values);
    if (difference.n > 0) variant.difference = difference;
  }
}

// Leaves of all variants those of the page that the token names.
absl::Status KeepPage(const std::string& list, const std::string& token, Comparison& comparison) {
  int64_t first = 0;
  if (!token.empty()) {
    ADARES_ASSIGN_OR_RETURN(first, PageTokenNumber(list, token));
  }
  std::vector<VariantResult>& variants = comparison.variants;
  if (first < 0 || first > std::ssize(variants)) return InvalidPageToken();
  int64_t end = first;
  for (int64_t bytes = 0; end < std::ssize(variants) && bytes < kBytesOfPage; ++end) {
    bytes += BytesOf(variants[static_cast<size_t>(end)]);
  }
  if (end < std::ssize(variants)) comparison.next_token = MakePageToken(list, absl::StrCat(end));
  variants.erase(variants.begin() + end, variants.end());
  variants.erase(variants.begin(), variants.begin() + first);
  return absl::OkStatus();
}

std::optional<Goal> GoalOf(const std::string& metric, const Objective& objective) {
  if (metric == objective.metric) return objective.goal;
  return GoalOfMetric(metric);
}

}  // namespace

absl::StatusOr<Comparison> Reader::Compare(const std::string& sweep, const std::string& metric,
                                           const std::map<std::string, std::string>& baseline,
                                           const std::string& page_token) {
  const auto body = [&]() -> absl::StatusOr<Comparison> {
    ADARES_ASSIGN_OR_RETURN(const int64_t row, FindSweepRow(impl_->connection, sweep));
    ADARES_ASSIGN_OR_RETURN(const SweepRecord record, ReadSweep(impl_->connection, row));
    Comparison comparison;
    comparison.metric = metric.empty() ? record.objective.metric : metric;
    comparison.goal = GoalOf(comparison.metric, record.objective);
    // A sweep that has just begun has no value of its objective yet, which is no error.
    if (comparison.metric != record.objective.metric) {
      ADARES_RETURN_IF_ERROR(CheckMetric(impl_->connection, row, comparison.metric));
    }
    ADARES_ASSIGN_OR_RETURN(comparison.variants, ReadVariants(impl_->connection, row));
    if (!baseline.empty()) {
      ADARES_RETURN_IF_ERROR(CheckAxisValues(record.axes, baseline, "baseline"));
      ADARES_RETURN_IF_ERROR(PairAnew(baseline, comparison.variants));
    }
    const VariantIndex index = IndexById(comparison.variants);
    ReadValues(impl_->connection, row, index, comparison);
    CountFlagged(impl_->connection, row, index, comparison.variants);
    FillSummaries(index, comparison.variants);
    ADARES_RETURN_IF_ERROR(KeepPage(absl::StrCat("variants of ", sweep), page_token, comparison));
    return comparison;
  };
  return GuardedRead(impl_->connection, "compare variants", body);
}

}  // namespace adares
