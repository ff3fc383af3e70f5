// The weights of a network's residual sums, z = s * ipd + r * tfd: which blocks share one, how they
// start, which range they keep, and what of them is learned. Not thread-safe.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/trial_spec.h"
#include "worker/trainer/random.h"
#include "worker/trainer/skip_sum.h"

namespace adares {

// The map from raw parameters to weights: with sigmoid(k), k / (1 + exp(-raw)). Differentiable.
torch::Tensor ConstrainedWeight(const SkipConstraint& constraint, const torch::Tensor& raw);

// Its inverse. `weight` is inside the constraint's range, which FindConflict has made sure of.
double RawValue(const SkipConstraint& constraint, double weight);

// The weight of one block, or of several that share it. Copies share their tensors.
struct SkipWeight {
  SkipPlacement placement = SkipPlacement::kSkip;
  SkipConstraint constraint;
  // Behind s, r or g, by placement; the angle of `spherical`; undefined for the plain sum.
  torch::Tensor raw;
  torch::Tensor raw_residual;  // behind r of placement `both`
  // An init that InitialiseSkipWeights replaces by what it measures.
  std::optional<SkipInit> measured = std::nullopt;

  // What the weight makes of the sum of a block.
  SumCoefficients Coefficients() const;

  // The weight itself: s of `both` and `spherical`, g of `convex`. Not for the plain sum.
  torch::Tensor Weight() const;
};

// The raw parameter that gives the weight, which for placement `spherical` is an angle from 0 to
// pi. What is outside the range of a weight by a draw is moved into it.
double RawParameter(const SkipSpec& spec, double weight);

// A block, as far as its weight depends on it.
struct SkipSite {
  std::string name;         // "layer1.0"
  std::string stage;        // "layer1"
  bool projection = false;  // a convolutional block, not an identity block
  int64_t channels = 0;     // that it gives out
  int64_t place = 0;        // among the blocks of the network, from 0
};

class SkipWeights {
 public:
  // For a network of so many blocks. Initial values that are random come from `seed` alone.
  SkipWeights(const SkipSpec& spec, int64_t blocks, int64_t seed);

  // What the site shares its weight under: "all", "layer1", "identity", "layer1.0"; empty for the
  // plain sum.
  std::string GroupOf(const SkipSite& site) const;

  // The weight of the site, made at the first call for its group.
  SkipWeight At(const SkipSite& site);

  // Gives all weights made to `network`, for it to move and count: `skip_weights.GROUP` holds what
  // is behind s or g, `residual_weights.GROUP` what is behind r. Frozen ones become buffers.
  void RegisterIn(torch::nn::Module& network) const;

  // What there is to learn; nothing where the weights are frozen.
  std::vector<torch::Tensor> Parameters() const;

 private:
  double Draw(const SkipInit& init, int64_t place);

  SkipSpec spec_;
  int64_t blocks_;
  Random random_;
  std::map<std::string, SkipWeight> weights_;  // by group
};

}  // namespace adares
