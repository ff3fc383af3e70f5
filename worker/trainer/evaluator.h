// Loss and accuracy of a network on pictures that it is not trained on.
#pragma once

#include <torch/torch.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "worker/trainer/epoch_report.h"
#include "worker/trainer/part_batches.h"
#include "worker/trainer/training.h"
#include "worker/trainer/training_state.h"

namespace adares {

// Not thread-safe. `input` and `stop` must outlive it.
class Evaluator {
 public:
  Evaluator(const TrainingInput& input, const std::atomic<bool>& stop)
      : precision_(input.spec.train.precision), device_(input.device), stop_(stop) {}

  // The network with the moving mean of its parameters, where the trial has one. Leaves it in
  // evaluation mode. `means` is for all of `indices` where the outcome is done; where `stop` is
  // set, there may be none.
  Outcome Run(TrainingState& state, const PartBatches& part, const std::vector<uint32_t>& indices,
              ExampleMeans& means) const;

 private:
  const Precision precision_;
  const std::string& device_;
  const std::atomic<bool>& stop_;
};

}  // namespace adares
