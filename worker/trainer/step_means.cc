// One transfer for all steps that wait.
#include "worker/trainer/step_means.h"

#include <cmath>

namespace adares {

void StepMeans::Add(const torch::Tensor& loss, const torch::Tensor& logits, const Batch& batch) {
  losses_.push_back(loss.detach());
  correct_.push_back(logits.detach().argmax(1).eq(batch.labels).sum());
  sizes_.push_back(batch.size);
}

bool StepMeans::Take(ExampleMeans& means, std::vector<double>* losses_taken) {
  bool finite = true;
  if (!losses_.empty()) {
    const torch::Tensor losses = torch::stack(losses_).to(torch::kCPU, torch::kFloat64);
    const torch::Tensor correct = torch::stack(correct_).to(torch::kCPU);
    for (size_t i = 0; i < sizes_.size(); ++i) {
      const double loss = losses.data_ptr<double>()[i];
      finite = finite && std::isfinite(loss);
      if (losses_taken != nullptr) losses_taken->push_back(loss);
      means.Add(loss, correct.data_ptr<int64_t>()[i], sizes_[i]);
    }
  }
  losses_.clear();
  correct_.clear();
  sizes_.clear();
  return finite;
}

}  // namespace adares
