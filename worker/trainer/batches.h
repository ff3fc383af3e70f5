// Cuts batches out of an image set: gathers, crops, mirrors and normalises.
#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/trial_spec.h"
#include "worker/trainer/image_set.h"
#include "worker/trainer/random.h"

namespace adares {

struct Batch {
  torch::Tensor images;  // float NCHW, channels last in memory
  torch::Tensor labels;  // int64
  int64_t size = 0;
};

// How one picture is moved. Rows and columns that come from outside are black (as a zero-padded
// picture that is cut), and black is normalised like every other value.
struct Placement {
  int down = 0;   // the cut begins this many rows lower
  int right = 0;  // and this many columns further right
  bool mirrored = false;
};

// Pixels by which a crop moves at most, each way.
inline constexpr int kCropMargin = 4;

// A placement for each of `count` pictures. Always draws the same count of numbers, so the choice
// of augmentation does not shift what later pictures get.
std::vector<Placement> DrawPlacements(Augment augment, size_t count, Random& random);

// Not thread-safe. `images` must outlive it.
class BatchMaker {
 public:
  BatchMaker(const ImageSet& images, const ChannelStatistics& statistics, torch::Device device);

  // Pictures as they are.
  Batch Make(std::span<const uint32_t> indices) const;
  // Pictures moved as `placements` says, one for each index.
  Batch Make(std::span<const uint32_t> indices, std::span<const Placement> placements) const;

 private:
  void Render(const uint8_t* picture, const Placement& placement, float* out) const;

  const ImageSet& images_;
  torch::Device device_;
  std::array<std::array<float, 256>, 3> normalised_{};  // by channel and byte
};

}  // namespace adares
