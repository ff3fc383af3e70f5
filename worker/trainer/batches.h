// Cuts batches out of an image set on the CPU: gathers, crops, mirrors and normalises.
// DeviceBatchMaker does the same on other devices.
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

// What is done to one picture. Rows and columns that come from outside are black (as a zero-padded
// picture that is cut), and black is normalised like every other value.
struct Placement {
  int down = 0;   // the cut begins this many rows lower
  int right = 0;  // and this many columns further right
  bool mirrored = false;
  // Of what that gives, the square of this side is blanked around row and column, as far as it is
  // inside: from row - side / 2 on, rounded down.
  int hole_side = 0;
  int64_t hole_row = 0;
  int64_t hole_column = 0;
};

// Pixels by which a crop moves at most, each way.
inline constexpr int kCropMargin = 4;

// A placement for each of `count` pictures of `shape`. Holes are DeVries and Taylor's cutout (2017,
// arXiv 1708.04552): squares around a pixel drawn from all alike. Always draws the same count of
// numbers, so the choice of augmentation does not shift what later pictures get.
std::vector<Placement> DrawPlacements(const DataSpec& spec, const ImageShape& shape, size_t count,
                                      Random& random);

// What a pixel's byte is after normalisation. The one place that computes it, for all devices.
class NormalisedBytes {
 public:
  NormalisedBytes(const ImageShape& shape, const ChannelStatistics& statistics);
  float Of(int64_t channel, uint8_t byte) const {
    return values_[static_cast<size_t>(channel)][byte];
  }

 private:
  std::array<std::array<float, 256>, 3> values_{};  // by channel and byte
};

// Not thread-safe. What `images` looks at must outlive it.
class BatchMaker {
 public:
  BatchMaker(const ImageSet& images, const ChannelStatistics& statistics);

  // Pictures as they are.
  Batch Make(std::span<const uint32_t> indices) const;
  // Pictures as `placements` says, one for each index. Holes are 0 after normalisation: the mean of
  // the channel, or black where pixels are not normalised.
  Batch Make(std::span<const uint32_t> indices, std::span<const Placement> placements) const;

 private:
  void Render(const uint8_t* picture, const Placement& placement, float* out) const;
  void Blank(const Placement& placement, float* out) const;

  const ImageSet images_;
  const NormalisedBytes normalised_;
};

}  // namespace adares
