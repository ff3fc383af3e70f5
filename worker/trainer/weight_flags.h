// The flags of skip weights and of the sums that they weight, from what each logged step shows.
// docs/trainer.md has the rules with their numbers. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/flag.h"
#include "core/trial_spec.h"
#include "worker/trainer/condition_window.h"

namespace adares {

// One raw parameter and its gradient: whether the map is flat there, with a slope of less than 0.05
// of its largest, and a step against the gradient leads on into the flat part. For clamp: whether
// the parameter lies at a bound.
bool IsSaturated(const SkipConstraint& constraint, double raw, double gradient);

// |w| < 0.01
bool IsClosed(double weight);

// A learned weight after a step. Of weights by channel, a condition holds where it does for more
// than half of them.
struct WeightLook {
  std::string group;  // what its sites share it under; with ".residual" the second one
  double value = 0;   // the mean over channels
  bool saturated = false;
  bool closed = false;
};

// A sum in a training pass.
struct SumLook {
  std::string site;
  double skip_share = 0;  // S; NaN where it was not measured
};

class WeightFlags {
 public:
  struct Plan {
    int64_t total_steps = 0;
    int64_t log_every = 1;
    SkipConstraint constraint;
  };
  // What it remembers between steps.
  struct State {
    std::map<std::string, std::vector<int64_t>> windows;  // by kind and site: "closed.layer1.0"
    std::vector<int64_t> drift_steps;
    std::vector<double> drift_values;  // of each step, the weights in their order
  };

  explicit WeightFlags(const Plan& plan) : plan_(plan) {}

  // A look after `step`; the weights come in one order always. Returns what changed. The look after
  // the last step says of each weight whether it was still moving.
  std::vector<Flag> Look(int64_t step, int64_t epoch, const std::vector<WeightLook>& weights,
                         const std::vector<SumLook>& sums);

  State GetState() const;
  // Returns false, and changes nothing, where `state` is none.
  bool Restore(const State& state);

 private:
  ConditionWindow WindowOf(FlagKind kind) const;
  ConditionWindow& Window(FlagKind kind, const std::string& site);
  bool IsDriftRow(int64_t step) const;
  void AddDriftFlags(int64_t step, int64_t epoch, const std::vector<WeightLook>& weights,
                     std::vector<Flag>& flags) const;

  Plan plan_;
  std::map<std::string, ConditionWindow> windows_;
  std::vector<int64_t> drift_steps_;
  std::vector<double> drift_values_;
};

}  // namespace adares
