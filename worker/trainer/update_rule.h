// What an optimizer does with a gradient. Also read by CUDA's compiler, as C++17.
#pragma once

namespace adares {

enum class UpdateRule {
  kSgd,
  kMomentum,
  kNesterov,
  kAdam,
};

// Of all kinds of Adam: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1, and Keras' defaults.
inline constexpr double kAdamBeta1 = 0.9;
inline constexpr double kAdamBeta2 = 0.999;

}  // namespace adares
