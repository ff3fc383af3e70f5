// The optimizer of a trial: which parameters move, how far, and when skip weights begin to. Not
// thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/trial_spec.h"
#include "worker/trainer/adaresnet.h"
#include "worker/trainer/device_update.h"
#include "worker/trainer/parameter_update.h"

namespace adares {

// What an optimizer remembers between steps, by the names of the network's parameters; all have the
// shapes of these.
struct OptimizerState {
  std::map<std::string, int64_t> steps;                 // taken with each parameter
  std::map<std::string, torch::Tensor> first_moments;   // velocities of SGD, m of Adam
  std::map<std::string, torch::Tensor> second_moments;  // v of Adam
};

class TrialOptimizer {
 public:
  // `model` must stay where it is, on its device.
  TrialOptimizer(const TrialSpec& spec, const AdaResNet& model);

  // To be called before the steps of the epoch that follows `epochs_done` others, and before the
  // rest of one. Skip weights move from the epoch on that `skip.frozen_epochs` leaves them.
  void StartEpoch(int64_t epochs_done);

  void ClearGradients();

  // One step by the gradients that the parameters hold, which stay those of the loss: penalties and
  // `clip_norm` count for the step alone. Clamped skip weights are moved into their range.
  void Step(double learning_rate);

  // For steps that a device takes with numbers that it was given ahead, in place of Step: all
  // parameters, in groups of equal numbers, without means; the numbers of each group for the step
  // that is `ahead` steps after the next one of the epoch; and that the next one was taken.
  std::vector<DeviceParameter> OnDevice() const;
  std::vector<ElementNumbers> NumbersAhead(int64_t ahead, double learning_rate) const;
  void CountStep();
  UpdateRule rule() const { return rule_; }

  // Shares its tensors, so that the next step changes them.
  OptimizerState State() const;

  // Takes values of `state` over. FAILED_PRECONDITION names what is missing, not expected or of
  // another shape, and the optimizer is then as it was.
  absl::Status Restore(const OptimizerState& state);

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter;
    bool is_skip_weight = false;
    int64_t steps = 0;     // taken
    torch::Tensor first;   // undefined where the rule has none
    torch::Tensor second;  // likewise
  };

  bool Moves(const Slot& slot) const { return !slot.is_skip_weight || skip_weights_move_; }
  // Of the slot's step numbered `step` from 1.
  StepNumbers NumbersOf(const Slot& slot, int64_t step, double learning_rate) const;
  bool Decays(const Slot& slot) const;
  bool HasEqualNumbers(const Slot& a, const Slot& b) const;
  // One slot of each group that moves.
  std::vector<const Slot*> Groups() const;
  absl::Status CheckState(const OptimizerState& state) const;

  const TrainSpec train_;
  const SkipSpec skip_;
  const UpdateRule rule_;
  std::vector<Slot> slots_;  // all of the model's parameters
  bool skip_weights_move_ = false;
};

}  // namespace adares
