// The numbers of one optimizer step, equal for all elements of a parameter. Before a rule below
// sees a gradient g and a parameter p,
//   g becomes gradient_scale * g + decay * (p - centre),
//   p becomes p - shrink * (p - centre),
// and after it p is moved into low..high.
#pragma once

#include <limits>

#include "worker/trainer/update_element.h"

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
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool operator==(const StepNumbers&) const = default;
};

// As the rules take them, without a moving mean.
inline ElementNumbers ToElement(const StepNumbers& numbers) {
  const auto as_float = [](double number) { return static_cast<float>(number); };
  return {.rate = as_float(numbers.rate),
          .gradient_scale = as_float(numbers.gradient_scale),
          .decay = as_float(numbers.decay),
          .shrink = as_float(numbers.shrink),
          .centre = as_float(numbers.centre),
          .momentum = as_float(numbers.momentum),
          .root_scale = as_float(numbers.root_scale),
          .epsilon = as_float(numbers.epsilon),
          .low = as_float(numbers.low),
          .high = as_float(numbers.high),
          .mean_step = 0};
}

}  // namespace adares
