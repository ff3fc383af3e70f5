// What a network is made of, as numbers: its stem, its stages, and how its layers differ from those
// of other families. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/trial_spec.h"

namespace adares {

// What the families do differently in all layers, apart from their shapes.
struct LayerStyle {
  bool conv_bias = false;
  bool has_norm = true;
  LastNorm last_norm = LastNorm::kAffine;
  double norm_eps = 1e-5;
  double norm_momentum = 0.1;  // share of the new batch, as LibTorch counts
  // The running variance takes the mean square deviation of a batch, as Keras has it, and not the
  // unbiased estimate, which is larger by n / (n - 1).
  bool biased_variance = false;
  // Pads so that ceil(n / stride) rows come out, the odd row after (Keras' `same`); otherwise a
  // kernel of k rows pads k / 2 on each side.
  bool same_padding = false;
  // Bottlenecks shrink in their first convolution (He et al. 2016) and not in the 3x3.
  bool stride_in_first = false;
};

struct BlockShape {
  int64_t in_channels = 0;
  int64_t out_channels = 0;  // of a bottleneck: four times the width of its 3x3
  int64_t stride = 1;
  bool projection = false;  // 1x1 convolution and norm on the skip path
  bool bottleneck = false;
};

struct StagePlan {
  int64_t blocks = 0;
  BlockShape first;  // the others keep its output's shape

  // Of the block at `index`, from 0.
  BlockShape Shape(int64_t index) const;
};

// The 3x3 max-pool with stride 2 after the stem.
enum class StemPool {
  kNone,
  kSame,    // Keras' `same`, padded with the lowest number
  kZeros,   // a row of zeros on each side
  kLowest,  // a row of the lowest number on each side
};

struct NetworkPlan {
  LayerStyle style;
  int64_t stem_channels = 16;
  int64_t stem_kernel = 3;
  int64_t stem_stride = 1;
  StemPool pool = StemPool::kNone;
  bool glorot = false;  // initial kernels are Glorot's and all biases 0, as in Keras
  std::vector<StagePlan> stages;
};

// For a depth that the family has.
NetworkPlan PlanOf(const ModelSpec& model);

}  // namespace adares
