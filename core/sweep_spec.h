// Sweeps: what a person submits, and its expansion into variants and trials.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/measurement.h"
#include "core/schedule.h"
#include "core/trial_spec.h"

namespace adares {

// An axis: a path into the trial spec and the values it takes, as canonical text ("block", "0.1").
// The path may also be one of core/presets.h, with names of presets, or empty: then the values are
// names of settings that the sweep file spells out.
struct Axis {
  std::string name;
  std::string path;                 // "model.skip.granularity"
  std::vector<std::string> values;  // in file order, distinct
};

// One value of each axis, in product order: {{"granularity", "block"}, {"init", "0"}}.
using AxisValues = std::vector<std::pair<std::string, std::string>>;

struct Objective {
  std::string metric = "test/accuracy";
  Goal goal = Goal::kMaximize;
};

// One cell of a sweep: a configuration without its seed.
struct Variant {
  std::string id;     // VariantId(spec)
  std::string label;  // "granularity=block init=0"; "base" where the sweep has no axes
  AxisValues axes;
  TrialSpec spec;           // seed 0
  std::string baseline_id;  // the variant it is compared with; "" for none; itself for the baseline
};

// One trial to run: a variant with one seed.
struct PlannedTrial {
  std::string id;            // TrialId
  size_t variant_index = 0;  // into SweepPlan::variants
  int64_t seed = 0;
};

// A sweep file, read, checked and expanded. Order is part of the meaning: variants vary the last
// axis of the product fastest; trials come in the order
// that the schedule says.
struct SweepPlan {
  std::string name;  // [a-z]([a-z0-9-]{0,61}[a-z0-9])?
  std::string title;
  std::map<std::string, std::string> labels;
  Objective objective;
  std::vector<Axis> axes;
  std::vector<int64_t> seeds;
  std::map<std::string, std::string> baseline;  // axis -> value; empty for none
  Schedule schedule;
  std::vector<Variant> variants;
  std::vector<PlannedTrial> trials;
  std::string digest;  // SHA-256 (hex) over all that changes what is run or how it is compared
};

// An override of this path gives the sweep another name than its file does.
inline constexpr std::string_view kSweepNamePath = "name";

// A change of the base configuration, or of the name, from outside the file:
// `--set train.epochs=2`.
struct Override {
  std::string path;
  std::string value;
};

// Limits that keep one file from filling the coordinator.
inline constexpr size_t kMaxSweepFileBytes = 1 << 20;
inline constexpr size_t kMaxTrialsPerSweep = 20'000;

// Reads a sweep file (YAML; JSON is a subset). `origin` stands before line and column in messages:
// "sweep.yaml:14:12: unknown key ...". Errors are INVALID_ARGUMENT with reason SPEC_INVALID and
// metadata file, line, column; all of them name the way out.
absl::StatusOr<SweepPlan> LoadSweep(std::string_view text, std::string_view origin,
                                    const std::vector<Override>& overrides = {});

bool IsSweepName(std::string_view name);

}  // namespace adares
