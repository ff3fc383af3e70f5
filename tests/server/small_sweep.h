// Small sweeps made by hand and a clock, for tests that put sweeps into a store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/sweep_spec.h"
#include "core/timestamp.h"

namespace adares {

// 2026-01-02T03:04:05.000006Z plus `seconds`.
Timestamp At(double seconds);

// A sweep over the axis `granularity` (none, unified, stage, block-type, block) with the baseline
// none. Trials come seed by seed.
struct SmallSweep {
  std::string name = "sweep-a";
  size_t variants = 2;  // 1..5
  std::vector<int64_t> seeds = {0, 1};
  int priority = 50;
};
SweepPlan MakePlan(const SmallSweep& shape);

// The id of the trial of `variant` (in product order) with `seed`.
std::string TrialOf(const SweepPlan& plan, size_t variant, int64_t seed);

}  // namespace adares
