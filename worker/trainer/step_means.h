// Losses and right answers of steps whose numbers may still be on the device.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "worker/trainer/batches.h"
#include "worker/trainer/epoch_report.h"

namespace adares {

// How many rows of `logits` have their largest number where `labels` says; no dimension.
torch::Tensor RightAnswers(const torch::Tensor& logits, const torch::Tensor& labels);

// Reading numbers waits for the device, so on CUDA they are read once for many steps. Not
// thread-safe.
class StepMeans {
 public:
  // `loss` is the mean over the batch, `logits` has a row for each picture.
  void Add(const torch::Tensor& loss, const torch::Tensor& logits, const Batch& batch);
  // Both without dimension, and as they are when they are taken.
  void Add(const torch::Tensor& loss, const torch::Tensor& correct, int64_t size);

  // Moves all into `means`, and their losses to the end of `losses` where that is not null. False
  // if a loss was not finite.
  bool Take(ExampleMeans& means, std::vector<double>* losses = nullptr);

 private:
  std::vector<torch::Tensor> losses_;
  std::vector<torch::Tensor> correct_;
  std::vector<int64_t> sizes_;
};

}  // namespace adares
