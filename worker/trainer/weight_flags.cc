// One window for each condition of each weight and sum, and the last fifth of each weight's values.
#include "worker/trainer/weight_flags.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "worker/trainer/trend.h"

namespace adares {
namespace {

using Constraint = SkipConstraint::Kind;

constexpr int64_t kSteps = 200;  // that a condition must have held for
constexpr int64_t kLooks = 4;    // at least, however seldom a step is logged
constexpr double kFlat = 0.05;
constexpr double kShareAtBound = 0.9;
constexpr double kClosed = 0.01;
constexpr double kDeadShare = 0.01;
constexpr double kScore = 1.96;
constexpr size_t kFewestRows = 10;
constexpr int64_t kMostRows = 200;
constexpr double kSmallRange = 0.01;  // of a drifting weight
constexpr double kSmallPart = 0.02;   // of its last value
constexpr int64_t kLastPart = 5;      // the last fifth of the steps

std::string KeyOf(FlagKind kind, const std::string& site) {
  return absl::StrCat(std::string(Name(kind)), ".", site);
}

bool IsDead(double skip_share) { return skip_share < kDeadShare || skip_share > 1 - kDeadShare; }

std::string SaturatedText(const SkipConstraint& constraint, double value) {
  if (constraint.kind == Constraint::kClamp) {
    return absl::StrFormat("the weight is %.4g, in a range from %.4g to %.4g", value,
                           constraint.low, constraint.high);
  }
  return absl::StrFormat("the weight is %.4g, where its map is flat and the gradient leads on",
                         value);
}

std::string DeadText(double skip_share) {
  return absl::StrFormat("the skip path has the share %.4g of the sum", skip_share);
}

std::string DriftText(const std::vector<double>& steps, const std::vector<double>& values) {
  return absl::StrFormat(
      "the weight went from %.4g to %.4g in the last fifth of the steps, %.3g in 1000", values[0],
      values.back(), 1000 * TheilSenSlope(steps, values));
}

bool IsDrifting(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double small = std::max(kSmallRange, kSmallPart * std::abs(values.back()));
  return *high - *low > small && std::abs(MannKendallScore(values)) > kScore;
}

}  // namespace

bool IsSaturated(const SkipConstraint& constraint, double raw, double gradient) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  double slope = 1;  // by the largest
  switch (constraint.kind) {
    case Constraint::kSigmoid:
      slope = 4 * sigmoid(raw) * sigmoid(-raw);
      break;
    case Constraint::kTanh:
      slope = 1 - std::tanh(raw) * std::tanh(raw);
      break;
    case Constraint::kSoftplus:
      slope = sigmoid(raw);
      break;
    case Constraint::kClamp:  // compared as the floats that they are
      return static_cast<float>(raw) <= static_cast<float>(constraint.low) ||
             static_cast<float>(raw) >= static_cast<float>(constraint.high);
    default:
      break;
  }
  // The flat parts lie away from 0.
  return slope < kFlat && raw * gradient < 0;
}

bool IsClosed(double weight) { return std::abs(weight) < kClosed; }

ConditionWindow WeightFlags::WindowOf(FlagKind kind) const {
  const bool by_bound = kind == FlagKind::kSaturated && plan_.constraint.kind == Constraint::kClamp;
  return ConditionWindow(
      {std::max(kSteps, kLooks * plan_.log_every), by_bound ? kShareAtBound : 1});
}

ConditionWindow& WeightFlags::Window(FlagKind kind, const std::string& site) {
  return windows_.try_emplace(KeyOf(kind, site), WindowOf(kind)).first->second;
}

std::vector<Flag> WeightFlags::Look(int64_t step, int64_t epoch,
                                    const std::vector<WeightLook>& weights,
                                    const std::vector<SumLook>& sums) {
  std::vector<Flag> flags;
  const auto look = [&](FlagKind kind, const std::string& site, bool holds,
                        const std::string& message) {
    if (const auto raised = Window(kind, site).Look(step, holds)) {
      flags.push_back({kind, site, step, epoch, *raised, message});
    }
  };
  for (const WeightLook& weight : weights) {
    if (plan_.constraint.kind != Constraint::kNone) {
      look(FlagKind::kSaturated, weight.group, weight.saturated,
           SaturatedText(plan_.constraint, weight.value));
    }
    look(FlagKind::kClosed, weight.group, weight.closed,
         absl::StrFormat("the weight is %.4g", weight.value));
  }
  for (const SumLook& sum : sums) {
    if (std::isnan(sum.skip_share)) continue;
    look(FlagKind::kBranchDead, sum.site, IsDead(sum.skip_share), DeadText(sum.skip_share));
  }
  if (IsDriftRow(step)) {
    drift_steps_.push_back(step);
    for (const WeightLook& weight : weights) drift_values_.push_back(weight.value);
  }
  if (step == plan_.total_steps) AddDriftFlags(step, epoch, weights, flags);
  return flags;
}

bool WeightFlags::IsDriftRow(int64_t step) const {
  const int64_t length = plan_.total_steps / kLastPart;
  const int64_t begin = plan_.total_steps - length;
  if (length == 0 || step < begin) return false;
  if (drift_steps_.empty()) return true;
  const auto part = [&](int64_t at) { return (at - begin) * kMostRows / length; };
  return part(step) > part(drift_steps_.back());
}

void WeightFlags::AddDriftFlags(int64_t step, int64_t epoch, const std::vector<WeightLook>& weights,
                                std::vector<Flag>& flags) const {
  const size_t rows = drift_steps_.size();
  if (rows < kFewestRows || drift_values_.size() != rows * weights.size()) return;
  const std::vector<double> steps(drift_steps_.begin(), drift_steps_.end());
  for (size_t i = 0; i < weights.size(); ++i) {
    std::vector<double> values;
    for (size_t row = 0; row < rows; ++row) {
      values.push_back(drift_values_[row * weights.size() + i]);
    }
    if (!IsDrifting(values)) continue;
    flags.push_back(
        {FlagKind::kDrifting, weights[i].group, step, epoch, true, DriftText(steps, values)});
  }
}

WeightFlags::State WeightFlags::GetState() const {
  State state{{}, drift_steps_, drift_values_};
  for (const auto& [key, window] : windows_) state.windows[key] = window.State();
  return state;
}

bool WeightFlags::Restore(const State& state) {
  const auto is_of_run = [&](int64_t step) { return step >= 0 && step <= plan_.total_steps; };
  if (!std::all_of(state.drift_steps.begin(), state.drift_steps.end(), is_of_run)) return false;
  std::map<std::string, ConditionWindow> windows;
  for (const auto& [key, rows] : state.windows) {
    const size_t dot = key.find('.');
    const auto kind = ParseFlagKind(key.substr(0, dot));
    if (dot == std::string::npos || !kind) return false;
    ConditionWindow window = WindowOf(*kind);
    if (!window.Restore(rows)) return false;
    windows.emplace(key, std::move(window));
  }
  windows_ = std::move(windows);
  drift_steps_ = state.drift_steps;
  drift_values_ = state.drift_values;
  return true;
}

}  // namespace adares
