// A moving mean of a network's parameters, which often is a better network than the last step's:
// Polyak and Juditsky 1992 (doi 10.1137/0330046), with weights that fall off exponentially.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "worker/trainer/adaresnet.h"

namespace adares {

// What it remembers, by the names of the network's parameters.
struct MovingMeanState {
  int64_t updates = 0;
  std::map<std::string, torch::Tensor> means;  // none where there is no mean
};

// Not thread-safe.
class MovingMean {
 public:
  // Without `decay` (0) there is no mean, and all that follows does nothing. `model` must stay
  // where it is, on its device.
  MovingMean(double decay, const AdaResNet& model);

  // Begins anew from the parameters as they are now.
  void Begin();

  // After each step. The n-th update, from 1, leaves the mean the share min(decay, (1 + n) / (10 +
  // n)) of what it was, so that the initial parameters are soon forgotten.
  void Update();

  // For whoever moves the means in another way, as an update does: the mean of `parameter` of the
  // network, undefined where there is none; the share of the way to the parameter that the update
  // goes which is `ahead` updates after the next one; and that one was made.
  torch::Tensor MeanOf(const torch::Tensor& parameter) const;
  double StepAhead(int64_t ahead) const;
  void CountUpdate();

  // While it lives, the network has the mean as its parameters. Its buffers, the running means of
  // batch norm, stay as they are.
  class InPlace {
   public:
    explicit InPlace(MovingMean& mean);
    ~InPlace();
    InPlace(const InPlace&) = delete;
    InPlace& operator=(const InPlace&) = delete;

   private:
    MovingMean& mean_;
  };

  // Shares its tensors, so that the next update changes them.
  MovingMeanState State() const;

  // Takes values of `state` over. FAILED_PRECONDITION where it is not of such a network; the mean
  // is then as it was.
  absl::Status Restore(const MovingMeanState& state);

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter;
    torch::Tensor mean;
  };
  void Exchange();

  const double decay_;
  int64_t updates_ = 0;
  std::vector<Slot> slots_;  // none without decay
};

}  // namespace adares
