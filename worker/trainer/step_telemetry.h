// What a logged step shows beside its loss. Only logged steps are measured: the others neither
// compute anything here nor wait for the device. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "core/measurement.h"
#include "worker/trainer/adaresnet.h"
#include "worker/trainer/squares.h"
#include "worker/trainer/stage_norms.h"

namespace adares {

// The step calls BeginForward, EndForward, BeforeUpdate and AfterUpdate, in this order; what they
// measured can be read until the next.
class StepTelemetry {
 public:
  // R and S of one site.
  struct PathShares {
    double ratio = SkipWeightPoint::kUnknown;
    double skip = SkipWeightPoint::kUnknown;
  };

  // `model` must stay where it is, on its device.
  explicit StepTelemetry(const AdaResNet& model) : model_(model), norms_(model) {}
  ~StepTelemetry() { EndForward(); }
  StepTelemetry(const StepTelemetry&) = delete;
  StepTelemetry& operator=(const StepTelemetry&) = delete;

  void BeginForward();
  void EndForward();
  void BeforeUpdate() { norms_.Before(); }
  void AfterUpdate() { norms_.After(); }

  // Of each site, in the order of the network. NaN where a block was left out of the pass. Waits
  // for the device.
  std::vector<PathShares> Shares() const;

  std::vector<MetricPoint> StagePoints(int64_t step, int64_t epoch) const {
    return norms_.Points(step, epoch);
  }

 private:
  AdaResNet model_;
  StageNorms norms_;
  std::vector<PathSquares> squares_;  // by block
};

}  // namespace adares
