// Blocks measure while they are asked to.
#include "worker/trainer/step_telemetry.h"

#include <cmath>

namespace adares {

using torch::Tensor;

void StepTelemetry::BeginForward() {
  squares_.assign(model_->blocks().size(), {});
  for (size_t i = 0; i < squares_.size(); ++i) {
    model_->blocks()[i]->MeasureInto(&squares_[i]);
  }
}

void StepTelemetry::EndForward() {
  for (ResidualBlock& block : model_->blocks()) block->MeasureInto(nullptr);
}

std::vector<StepTelemetry::PathShares> StepTelemetry::Shares() const {
  std::vector<Tensor> measured;
  for (const PathSquares& squares : squares_) {
    if (!squares.skip.defined()) continue;
    measured.push_back(squares.skip);
    measured.push_back(squares.residual);
  }
  const std::vector<double> values = Values(measured);
  std::vector<PathShares> shares(squares_.size());
  size_t next = 0;
  for (size_t i = 0; i < squares_.size(); ++i) {
    if (!squares_[i].skip.defined()) continue;
    const double skip = values[next];
    const double residual = values[next + 1];
    next += 2;
    shares[i] = {std::sqrt(skip / residual), skip / (skip + residual)};
  }
  return shares;
}

}  // namespace adares
