// Loss and accuracy of a network on pictures that it is not trained on.
#pragma once

#include <torch/torch.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "worker/trainer/adaresnet.h"
#include "worker/trainer/batches.h"
#include "worker/trainer/epoch_report.h"
#include "worker/trainer/training_state.h"

namespace adares {

// Not thread-safe. `stop` must outlive it.
class Evaluator {
 public:
  explicit Evaluator(const std::atomic<bool>& stop) : stop_(stop) {}

  // Leaves `model` in evaluation mode. `means` is for all of `indices` where the outcome is done;
  // where `stop` is set, there may be none.
  Outcome Run(AdaResNet& model, const BatchMaker& maker, const std::vector<uint32_t>& indices,
              ExampleMeans& means) const;

 private:
  const std::atomic<bool>& stop_;
};

}  // namespace adares
