// A run between two steps: everything that what follows depends on, and so what a checkpoint has to
// hold. Other parts of the training hold nothing that a resumed run would miss.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "worker/trainer/adaresnet.h"
#include "worker/trainer/epoch_report.h"
#include "worker/trainer/gradient_moments.h"
#include "worker/trainer/loss_watch.h"
#include "worker/trainer/moving_mean.h"
#include "worker/trainer/optimizer.h"
#include "worker/trainer/random.h"
#include "worker/trainer/result_digest.h"
#include "worker/trainer/training.h"
#include "worker/trainer/weight_flags.h"

namespace adares {

// Not thread-safe.
struct TrainingState {
  // As a run begins. Throws what LibTorch throws.
  TrainingState(const TrainingInput& input, torch::Device device);

  // Between epochs: the order of the epoch that begins.
  void ShuffleOrder();

  AdaResNet model;  // parameters and the running means of batch norm
  TrialOptimizer optimizer;
  MovingMean moving_mean;            // of the parameters
  GradientMoments gradient_moments;  // of the skip weights
  WeightFlags weight_flags;
  LossWatch loss_watch;
  Random order_random;
  Random augmentation_random;
  Random branch_random;         // of the branches that steps leave out
  std::vector<uint32_t> order;  // of the training examples in the epoch; each shuffles the last one
  int64_t step = 0;             // steps done
  int64_t epoch = 0;            // epochs done
  int64_t epoch_step = 0;       // steps done of the epoch that is not; 0 between epochs
  double epoch_seconds = 0;     // spent on these, in whatever process
  ExampleMeans train_means;     // over these, but for what StepMeans has not read yet
  double learning_rate = 0;     // of the last step
  ResultDigest results;         // of all rows sent so far
};

// Where nothing is held out, the test part is evaluated after each epoch, as the last one.
EvaluatedPart PartAfterEpochs(const TrainingInput& input);

// How a stretch of a run ended. A run has diverged where a loss is not finite.
enum class Outcome { kDone, kStopped, kDiverged };

}  // namespace adares
