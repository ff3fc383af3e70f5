// The sweeps that a torture test submits, again and again under new names.
#pragma once

#include <cstdint>
#include <string>

#include "tests/torture/fleet.h"

namespace adares::torture {

enum class Form {
  kPlain,
  kStopping,  // a rule stops its trials in their middle
  kParallel,  // few of its trials may run at a time
};

struct Sweep {
  Trainer trainer = Trainer::kReal;
  Form form = Form::kPlain;
};

// Points of this step are the first that the rule of a sweep looks at, and stop its trials.
inline constexpr int64_t kStoppingStep = 50;

// The file of a sweep. Those for the same trainer have trials of the same ids, and whatever trains
// to the end must have the same results.
std::string SweepFile(const Sweep& sweep, const std::string& name);

}  // namespace adares::torture
