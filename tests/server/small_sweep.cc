// Small sweeps made by hand.
#include "tests/server/small_sweep.h"

#include <cmath>

#include "core/sha256.h"

namespace adares {
namespace {

constexpr int64_t kEpochMicros = 1'767'323'045'000'006;

constexpr Granularity kGranularities[] = {Granularity::kNone, Granularity::kUnified,
                                          Granularity::kStage, Granularity::kBlockType,
                                          Granularity::kBlock};

Variant MakeVariant(Granularity granularity) {
  Variant variant;
  variant.spec.model.skip.granularity = granularity;
  variant.axes = {{"granularity", std::string(Name(granularity))}};
  variant.label = "granularity=" + std::string(Name(granularity));
  variant.id = VariantId(variant.spec);
  return variant;
}

}  // namespace

Timestamp At(double seconds) {
  return FromMicros(kEpochMicros + static_cast<int64_t>(std::llround(seconds * 1e6)));
}

SweepPlan MakePlan(const SmallSweep& shape) {
  SweepPlan plan;
  plan.name = shape.name;
  plan.title = "Title of " + shape.name;
  plan.labels = {{"paper", "x"}, {"team", "\"quoted\""}};
  plan.schedule.priority = shape.priority;
  plan.seeds = shape.seeds;
  plan.baseline = {{"granularity", "none"}};
  Axis axis = {"granularity", "model.skip.granularity", {}};
  for (size_t v = 0; v < shape.variants; ++v) {
    plan.variants.push_back(MakeVariant(kGranularities[v]));
    plan.variants.back().baseline_id = plan.variants.front().id;
    axis.values.push_back(plan.variants.back().axes.front().second);
  }
  plan.axes = {axis};
  for (const int64_t seed : shape.seeds) {
    for (size_t v = 0; v < shape.variants; ++v) {
      plan.trials.push_back({TrialOf(plan, v, seed), v, seed});
    }
  }
  plan.digest = Sha256Hex(shape.name);
  return plan;
}

std::string TrialOf(const SweepPlan& plan, size_t variant, int64_t seed) {
  TrialSpec spec = plan.variants.at(variant).spec;
  spec.seed = seed;
  return TrialId(spec);
}

}  // namespace adares
