// The product of the axes, thinned by the exclude rules, paired with the baseline and repeated for
// each seed.
#include "core/sweepfile/expansion.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/sweepfile/cell.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

// An exclude rule by indices: for each axis whether the value takes part.
using IndexedRule = std::vector<std::vector<bool>>;

// The next cell of the product, the last axis fastest; false after the last one.
bool Advance(Cell& cell, const std::vector<AxisDocument>& axes) {
  for (size_t i = axes.size(); i-- > 0;) {
    if (++cell[i] < axes[i].axis.values.size()) return true;
    cell[i] = 0;
  }
  return false;
}

class Expansion {
 public:
  Expansion(const SweepDocument& document, const SpecErrors& errors)
      : document_(document), errors_(errors) {}

  absl::StatusOr<SweepPlan> Run() {
    ADARES_RETURN_IF_ERROR(CheckSize());
    CopyHead();
    IndexRules();
    ADARES_RETURN_IF_ERROR(MakeVariants());
    ADARES_RETURN_IF_ERROR(CheckRules());
    ADARES_RETURN_IF_ERROR(CheckObjective());
    ADARES_RETURN_IF_ERROR(CheckStopRule());
    ADARES_RETURN_IF_ERROR(PairWithBaseline());
    ADARES_RETURN_IF_ERROR(MakeTrials());
    return std::move(plan_);
  }

 private:
  absl::Status CheckSize() const {
    size_t trials = document_.seeds.size();
    for (const AxisDocument& axis : document_.axes) {
      trials *= axis.axis.values.size();
      if (trials > kMaxTrialsPerSweep) break;
    }
    if (trials <= kMaxTrialsPerSweep) return absl::OkStatus();
    return errors_.At(document_.seeds_place,
                      absl::StrCat("axes and seeds make more than ", kMaxTrialsPerSweep,
                                   " trials; split the sweep"));
  }

  void CopyHead() {
    plan_.name = document_.name;
    plan_.title = document_.title;
    plan_.labels = document_.labels;
    plan_.objective = document_.objective;
    plan_.seeds = document_.seeds;
    plan_.baseline = document_.baseline;
    plan_.schedule = document_.schedule;
    for (const AxisDocument& axis : document_.axes) plan_.axes.push_back(axis.axis);
  }

  void IndexRules() {
    for (const ExcludeRule& rule : document_.exclude) {
      IndexedRule indexed;
      for (const AxisDocument& axis : document_.axes) {
        const auto named = rule.values.find(axis.axis.name);
        std::vector<bool>& takes_part = indexed.emplace_back();
        for (const std::string& value : axis.axis.values) {
          takes_part.push_back(named == rule.values.end() ||
                               std::find(named->second.begin(), named->second.end(), value) !=
                                   named->second.end());
        }
      }
      rules_.push_back(std::move(indexed));
    }
    matches_.resize(rules_.size());
  }

  // Counts for every rule, so that a rule is useful whatever stands before it.
  bool IsExcluded(const Cell& cell) {
    bool excluded = false;
    for (size_t r = 0; r < rules_.size(); ++r) {
      bool matches = true;
      for (size_t i = 0; i < cell.size() && matches; ++i) matches = rules_[r][i][cell[i]];
      if (matches) ++matches_[r];
      excluded = excluded || matches;
    }
    return excluded;
  }

  absl::Status MakeVariants() {
    Cell cell(document_.axes.size());
    std::unordered_map<std::string, size_t> by_id;
    do {
      if (IsExcluded(cell)) continue;
      ADARES_ASSIGN_OR_RETURN(Variant variant, MakeVariant(cell));
      const auto [same, is_new] = by_id.try_emplace(variant.id, plan_.variants.size());
      if (!is_new) {
        return errors_.At(document_.base_place,
                          absl::StrCat("the cells ", plan_.variants[same->second].label, " and ",
                                       variant.label, " are the same configuration"));
      }
      index_of_cell_[cell] = plan_.variants.size();
      cells_.push_back(cell);
      plan_.variants.push_back(std::move(variant));
    } while (Advance(cell, document_.axes));
    return absl::OkStatus();
  }

  absl::StatusOr<Variant> MakeVariant(const Cell& cell) const {
    Variant variant;
    variant.spec = SpecOfCell(document_, cell);
    for (size_t i = 0; i < cell.size(); ++i) {
      const Axis& axis = document_.axes[i].axis;
      const std::string& value = axis.values[cell[i]];
      absl::StrAppend(&variant.label, i == 0 ? "" : " ", axis.name, "=", value);
      variant.axes.emplace_back(axis.name, value);
    }
    if (cell.empty()) variant.label = "base";
    if (const auto conflict = FindConflict(variant.spec)) {
      return CellError(document_, cell, variant.label, *conflict, errors_);
    }
    variant.id = VariantId(variant.spec);
    return variant;
  }

  absl::Status CheckRules() const {
    for (size_t r = 0; r < rules_.size(); ++r) {
      if (matches_[r] > 0) continue;
      return errors_.At(document_.exclude[r].place, "the rule matches no cell; remove it");
    }
    if (!plan_.variants.empty()) return absl::OkStatus();
    return errors_.At(document_.exclude.front().place, "the exclude rules leave no cell");
  }

  // Without a validation part nothing is measured on one.
  absl::Status CheckObjective() const {
    if (!plan_.objective.metric.starts_with("validation/")) return absl::OkStatus();
    for (const Variant& variant : plan_.variants) {
      if (variant.spec.data.validation_size > 0) continue;
      return errors_.At(
          document_.objective_place,
          absl::StrCat("the objective ", plan_.objective.metric,
                       " needs data.validation_size > 0, and it is 0 in the cell ", variant.label,
                       "; take a metric of the test part, or hold "
                       "something out"));
    }
    return absl::OkStatus();
  }

  // A rule that no trial can come to would be found out only after the study.
  absl::Status CheckStopRule() const {
    if (!document_.schedule.stop) return absl::OkStatus();
    const StopRule& rule = *document_.schedule.stop;
    const auto refuse = [&](const std::string& why) {
      return errors_.At(document_.stop_place, absl::StrCat("the stop rule ", why));
    };
    const bool is_beyond_fractions =
        rule.side == StopRule::Side::kAbove ? rule.target >= 1 : rule.target <= 0;
    if (rule.metric.ends_with("/accuracy") && is_beyond_fractions) {
      return refuse("can never be reached: accuracies are fractions, 0 to 1");
    }
    for (const Variant& variant : plan_.variants) {
      const bool has_validation = variant.spec.data.validation_size > 0;
      const std::string where = absl::StrCat(" in the cell ", variant.label);
      if (rule.metric.starts_with("validation/") && !has_validation) {
        return refuse(absl::StrCat("needs data.validation_size > 0, and it is 0", where));
      }
      if (rule.metric.starts_with("test/") && has_validation) {
        return refuse(
            absl::StrCat("looks at the test part, which is measured only at the end where "
                         "there is a validation part, as",
                         where, "; take a metric of that"));
      }
      if (rule.after_epoch > variant.spec.train.epochs) {
        return refuse(absl::StrCat("looks from epoch ", rule.after_epoch,
                                   " on, and train.epochs is ", variant.spec.train.epochs, where));
      }
    }
    return absl::OkStatus();
  }

  absl::Status PairWithBaseline() {
    if (document_.baseline.empty()) return absl::OkStatus();
    bool has_baseline = false;
    for (size_t v = 0; v < cells_.size(); ++v) {
      const auto partner = index_of_cell_.find(BaselineCell(cells_[v]));
      if (partner == index_of_cell_.end()) continue;
      has_baseline = true;
      plan_.variants[v].baseline_id = plan_.variants[partner->second].id;
    }
    if (has_baseline) return absl::OkStatus();
    return errors_.At(document_.baseline_place,
                      "no cell has the baseline's values; the exclude rules took them all");
  }

  // The same cell with the baseline's values on the axes that it names.
  Cell BaselineCell(Cell cell) const {
    for (size_t i = 0; i < cell.size(); ++i) {
      const Axis& axis = document_.axes[i].axis;
      const auto value = document_.baseline.find(axis.name);
      if (value == document_.baseline.end()) continue;
      const auto position = std::find(axis.values.begin(), axis.values.end(), value->second);
      cell[i] = static_cast<size_t>(position - axis.values.begin());
    }
    return cell;
  }

  absl::Status MakeTrials() {
    const size_t variants = plan_.variants.size();
    const size_t seeds = document_.seeds.size();
    const bool by_variant = document_.schedule.order == TrialOrder::kVariantMajor;
    std::unordered_set<std::string> ids;
    for (size_t i = 0; i < variants * seeds; ++i) {
      const size_t variant = by_variant ? i / seeds : i % variants;
      const int64_t seed = document_.seeds[by_variant ? i % seeds : i / variants];
      TrialSpec spec = plan_.variants[variant].spec;
      spec.seed = seed;
      PlannedTrial trial = {TrialId(spec), variant, seed};
      if (!ids.insert(trial.id).second) {
        return errors_.At(document_.seeds_place, absl::StrCat("two trials have the id ", trial.id,
                                                              " by chance; change a seed"));
      }
      plan_.trials.push_back(std::move(trial));
    }
    return absl::OkStatus();
  }

  const SweepDocument& document_;
  const SpecErrors& errors_;
  SweepPlan plan_;
  std::vector<IndexedRule> rules_;
  std::vector<int64_t> matches_;  // cells that each rule matches
  std::vector<Cell> cells_;       // of each variant
  std::map<Cell, size_t> index_of_cell_;
};

}  // namespace

absl::StatusOr<SweepPlan> ExpandSweep(const SweepDocument& document, const SpecErrors& errors) {
  return Expansion(document, errors).Run();
}

}  // namespace adares
