// From a SweepDocument to the variants and trials of a plan. Private to core/sweepfile.
#pragma once

#include "absl/status/statusor.h"
#include "core/sweep_spec.h"
#include "core/sweepfile/sweep_document.h"

namespace adares {

// Everything of the plan but the digest.
absl::StatusOr<SweepPlan> ExpandSweep(const SweepDocument& document, const SpecErrors& errors);

}  // namespace adares
