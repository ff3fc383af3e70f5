// The numbers of one optimizer step, equal for all elements of a parameter. Before a rule below
// sees a gradient g and a parameter p,
//   g becomes gradient_scale * g + decay * (p - centre),
//   p becomes p - shrink * (p - centre).
#pragma once

#include "worker/trainer/update_rule.h"

namespace adares {

struct StepNumbers {
  double rate = 0;
  double gradient_scale = 1;  // of a gradient that is clipped
  double decay = 0;           // of a penalty on p: decay / 2 * (p - centre)^2
  double shrink = 0;          // share of p - centre that goes beside the gradient
  double centre = 0;
  double momentum = 0;    // of momentum and nesterov
  double root_scale = 1;  // of adam
  double epsilon = 0;     // of adam
  bool operator==(const StepNumbers&) const = default;
};

}  // namespace adares
