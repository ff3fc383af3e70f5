// Nothing is left out without a word: seeds without a result are "-", and the last lines count what
// is missing.
#include "client/comparison_view.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "client/number_format.h"
#include "client/resource_argument.h"
#include "client/table.h"
#include "client/words.h"

namespace adares::client {
namespace {

std::set<int64_t> SeedsOf(const v1::CompareVariantsResponse& comparison) {
  std::set<int64_t> seeds;
  for (const auto& variant : comparison.variants()) {
    for (const auto& value : variant.values()) seeds.insert(value.seed());
  }
  return seeds;
}

std::map<int64_t, double> ValuesOf(const v1::VariantResult& variant) {
  std::map<int64_t, double> values;
  for (const auto& value : variant.values()) values[value.seed()] = value.value();
  return values;
}

bool IsBaseline(const v1::VariantResult& variant) {
  return !variant.baseline().empty() && variant.baseline() == variant.variant();
}

bool HasBaseline(const v1::CompareVariantsResponse& comparison) {
  return std::any_of(comparison.variants().begin(), comparison.variants().end(),
                     [](const auto& variant) { return !variant.baseline().empty(); });
}

bool HasFlags(const v1::CompareVariantsResponse& comparison) {
  return std::any_of(comparison.variants().begin(), comparison.variants().end(),
                     [](const auto& variant) { return variant.flagged_count() > 0; });
}

// The cells DIFF and CI95.
std::pair<Cell, Cell> DifferenceCells(const v1::VariantResult& variant) {
  if (IsBaseline(variant)) return {Cell("baseline", Tone::kFaint), Cell("")};
  if (!variant.has_difference()) return {"-", "-"};
  const v1::PairedDifference& difference = variant.difference();
  const bool has_interval = difference.n() >= 2 && !std::isnan(difference.ci_low());
  return {ShowDifference(difference.mean()),
          has_interval ? ShowInterval(difference.ci_low(), difference.ci_high()) : "-"};
}

Cell FlaggedCell(const v1::VariantResult& variant) {
  if (variant.flagged_count() == 0) return {"-"};
  return {absl::StrCat(variant.flagged_count(), "/", variant.trial_count()), Tone::kBad};
}

bool HasStoppedEarly(const v1::CompareVariantsResponse& comparison) {
  return std::any_of(comparison.variants().begin(), comparison.variants().end(),
                     [](const auto& variant) { return variant.stopped_early_count() > 0; });
}

Cell StoppedCell(const v1::VariantResult& variant) {
  if (variant.stopped_early_count() == 0) return {"-"};
  return {absl::StrCat(variant.stopped_early_count(), "/", variant.trial_count())};
}

Table ComparisonTable(const v1::CompareVariantsResponse& comparison) {
  const std::set<int64_t> seeds = SeedsOf(comparison);
  const bool has_baseline = HasBaseline(comparison);
  Table table;
  table.columns = {{"VARIANT", false}, {"n", true}, {"MEAN", true}, {"SD", true}};
  if (has_baseline) {
    table.columns.push_back({"DIFF", true});
    table.columns.push_back({"CI95", true});
  }
  const bool has_flags = HasFlags(comparison);
  if (has_flags) table.columns.push_back({"FLAGGED", true});
  const bool has_stopped = HasStoppedEarly(comparison);
  if (has_stopped) table.columns.push_back({"STOPPED", true});
  for (const int64_t seed : seeds) table.columns.push_back({absl::StrCat("SEED:", seed), true});
  for (const auto& variant : comparison.variants()) {
    std::vector<Cell> row = {variant.label(), absl::StrCat(variant.n()),
                             variant.n() >= 1 ? ShowResult(variant.mean()) : "-",
                             variant.n() >= 2 ? ShowResult(variant.sd()) : "-"};
    if (has_baseline) {
      auto [mean, interval] = DifferenceCells(variant);
      row.push_back(std::move(mean));
      row.push_back(std::move(interval));
    }
    if (has_flags) row.push_back(FlaggedCell(variant));
    if (has_stopped) row.push_back(StoppedCell(variant));
    const auto values = ValuesOf(variant);
    for (const int64_t seed : seeds) {
      const auto value = values.find(seed);
      row.push_back(value == values.end() ? "-" : ShowResult(value->second));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

bool HasEqualDifferences(const v1::CompareVariantsResponse& comparison) {
  return std::any_of(comparison.variants().begin(), comparison.variants().end(),
                     [](const auto& variant) {
                       return variant.has_difference() && variant.difference().n() >= 2 &&
                              std::isnan(variant.difference().ci_low());
                     });
}

std::string ReadingNote(const v1::CompareVariantsResponse& comparison) {
  const auto seeds = static_cast<int64_t>(SeedsOf(comparison).size());
  std::string note = Plural(seeds, "seed");
  if (HasBaseline(comparison)) {
    note += "; differences are to the baseline, paired by seed";
    if (seeds >= 2) note += "; interval: Student's t, 95 %";
  }
  if (seeds < 2) absl::StrAppend(&note, "; an interval needs ", 2 - seeds, " more");
  if (HasEqualDifferences(comparison)) note += "; none where all differences are equal";
  return note + "\n";
}

std::string MissingNote(const v1::CompareVariantsResponse& comparison) {
  int64_t trials = 0;
  int64_t results = 0;
  for (const auto& variant : comparison.variants()) {
    trials += variant.trial_count();
    results += variant.n();
  }
  if (results >= trials) return "";
  return absl::StrCat(trials - results, " of ", Plural(trials, "trial"),
                      trials - results == 1 ? " has" : " have", " no result (yet)\n");
}

std::string FlagNote(const v1::CompareVariantsResponse& comparison) {
  if (!HasFlags(comparison)) return "";
  return "flagged: trials that training noticed something about; `adares trial show` says what\n";
}

std::string StopNote(const v1::CompareVariantsResponse& comparison) {
  if (!HasStoppedEarly(comparison)) return "";
  return "stopped: trials that the sweep's rule stopped early; their values do not count here\n";
}

std::string Heading(const v1::CompareVariantsResponse& comparison, const std::string& sweep) {
  const std::string goal = GoalWord(comparison.goal());
  return absl::StrCat(ShortName(sweep), ": ", comparison.metric(),
                      goal.empty() ? "" : " (" + goal + ")", "\n\n");
}

}  // namespace

std::string ComparisonText(const v1::CompareVariantsResponse& comparison, const std::string& sweep,
                           bool color) {
  return absl::StrCat(Heading(comparison, sweep), RenderTable(ComparisonTable(comparison), color),
                      "\n", ReadingNote(comparison), MissingNote(comparison), FlagNote(comparison),
                      StopNote(comparison));
}

std::vector<CsvRow> ComparisonCsv(const v1::CompareVariantsResponse& comparison) {
  const std::set<int64_t> seeds = SeedsOf(comparison);
  CsvRow header = {"variant", "label"};
  if (comparison.variants_size() > 0) {
    for (const auto& axis : comparison.variants(0).axes()) {
      header.push_back("axis." + axis.axis());  // an axis may be called `n` or `mean`
    }
  }
  for (const char* name :
       {"metric", "trials", "n", "mean", "sd", "is_baseline", "baseline", "difference_n",
        "difference_mean", "difference_sd", "ci95_low", "ci95_high", "flagged", "stopped_early"}) {
    header.emplace_back(name);
  }
  for (const int64_t seed : seeds) header.push_back(absl::StrCat("seed_", seed));
  std::vector<CsvRow> rows = {std::move(header)};
  for (const auto& variant : comparison.variants()) {
    CsvRow row = {variant.variant(), variant.label()};
    for (const auto& axis : variant.axes()) row.push_back(axis.value());
    const v1::PairedDifference& difference = variant.difference();
    const bool is_compared = variant.has_difference();
    const auto of_difference = [is_compared](const std::string& text) {
      return is_compared ? text : "";
    };
    for (const std::string& value :
         {comparison.metric(), absl::StrCat(variant.trial_count()), absl::StrCat(variant.n()),
          ExactOrEmpty(variant.mean()), ExactOrEmpty(variant.sd()),
          std::string(IsBaseline(variant) ? "true" : "false"), variant.baseline(),
          of_difference(absl::StrCat(difference.n())),
          of_difference(ExactNumber(difference.mean())),
          of_difference(ExactOrEmpty(difference.sd())),
          of_difference(ExactOrEmpty(difference.ci_low())),
          of_difference(ExactOrEmpty(difference.ci_high())), absl::StrCat(variant.flagged_count()),
          absl::StrCat(variant.stopped_early_count())}) {
      row.push_back(value);
    }
    const auto values = ValuesOf(variant);
    for (const int64_t seed : seeds) {
      const auto value = values.find(seed);
      row.push_back(value == values.end() ? "" : ExactNumber(value->second));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace adares::client
