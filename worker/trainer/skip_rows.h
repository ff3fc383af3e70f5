// The rows and the looks that skip weights give at a step. They wait for the device, as often for
// many sites as for one. Not thread-safe.
#pragma once

#include <vector>

#include "core/measurement.h"
#include "worker/trainer/step_telemetry.h"
#include "worker/trainer/training_state.h"
#include "worker/trainer/weight_flags.h"

namespace adares {

// One row for each site, and with placement `both` a second one, of SITE.residual, for r's weight;
// after the step that `state` is at. R and S are those of `shares`, which is
// empty where nothing was measured.
std::vector<SkipWeightPoint> SkipWeightRows(const TrainingState& state,
                                            const std::vector<StepTelemetry::PathShares>& shares);

// One look for each weight that is learned; r's weight of placement `both` is GROUP.residual.
std::vector<WeightLook> LooksAtWeights(const TrainingState& state);

// One look for each site, but for those where a frozen weight takes a path out of the sum: whoever
// closes a path knows that it is closed.
std::vector<SumLook> LooksAtSums(const TrainingState& state,
                                 const std::vector<StepTelemetry::PathShares>& shares);

}  // namespace adares
