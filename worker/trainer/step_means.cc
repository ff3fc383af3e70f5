// One transfer for all steps that wait.
#include "worker/trainer/step_means.h"

#include <cmath>

namespace adares {

torch::Tensor RightAnswers(const torch::Tensor& logits, const torch::Tensor& labels) {
  return logits.detach().argmax(1).eq(labels).sum();
}

void StepMeans::Add(const torch::Tensor& loss, const torch::Tensor& logits, const Batch& batch) {
  Add(loss.detach(), RightAnswers(logits, batch.labels), batch.size);
}

void StepMeans::Add(const torch::Tensor& loss, const torch::Tensor& correct, int64_t size) {
  losses_.push_back(loss);
  correct_.push_back(correct);
  sizes_.push_back(size);
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
