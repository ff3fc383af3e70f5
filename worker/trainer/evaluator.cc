// Whole parts of a data set, batch by batch, without gradients.
#include "worker/trainer/evaluator.h"

#include <algorithm>

#include "worker/trainer/precision.h"
#include "worker/trainer/step_means.h"

namespace adares {
namespace {

constexpr size_t kEvaluationBatch = 256;

}  // namespace

Outcome Evaluator::Run(TrainingState& state, const PartBatches& part,
                       const std::vector<uint32_t>& indices, ExampleMeans& means) const {
  const torch::NoGradGuard no_grad;
  const MovingMean::InPlace mean(state.moving_mean);
  state.model->eval();
  StepMeans steps;
  const PartBatches::Pass pass = part.Begin(indices);
  for (size_t begin = 0; begin < indices.size() && !stop_; begin += kEvaluationBatch) {
    const size_t size = std::min(kEvaluationBatch, indices.size() - begin);
    const Batch batch = pass.Make(begin, size);
    const Autocast autocast(precision_, device_);
    const torch::Tensor logits = state.model->forward(batch.images).to(torch::kFloat32);
    steps.Add(torch::nn::functional::cross_entropy(logits, batch.labels), logits, batch);
  }
  const bool finite = steps.Take(means);
  if (stop_) return Outcome::kStopped;  // perhaps before all examples were seen
  return finite ? Outcome::kDone : Outcome::kDiverged;
}

}  // namespace adares
