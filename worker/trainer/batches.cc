// Rendering of batches on the CPU; a step takes a hundred times longer than its batch.
#include "worker/trainer/batches.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace adares {
namespace {

constexpr int64_t kPicturesPerTask = 16;
constexpr std::array<uint8_t, 3> kBlackPixel{};

}  // namespace

std::vector<Placement> DrawPlacements(const DataSpec& spec, const ImageShape& shape, size_t count,
                                      Random& random) {
  const bool crop = spec.augment == Augment::kCrop || spec.augment == Augment::kCropFlip;
  const bool flip = spec.augment == Augment::kFlip || spec.augment == Augment::kCropFlip;
  std::vector<Placement> placements(count);
  for (Placement& placement : placements) {
    const int down = static_cast<int>(random.Below(2 * kCropMargin + 1)) - kCropMargin;
    const int right = static_cast<int>(random.Below(2 * kCropMargin + 1)) - kCropMargin;
    const bool mirrored = random.Below(2) == 1;
    if (crop) {
      placement.down = down;
      placement.right = right;
    }
    placement.mirrored = flip && mirrored;
    placement.hole_side = static_cast<int>(spec.cutout);
    placement.hole_row = static_cast<int64_t>(random.Below(static_cast<uint64_t>(shape.height)));
    placement.hole_column = static_cast<int64_t>(random.Below(static_cast<uint64_t>(shape.width)));
  }
  return placements;
}

NormalisedBytes::NormalisedBytes(const ImageShape& shape, const ChannelStatistics& statistics) {
  for (size_t c = 0; c < static_cast<size_t>(shape.channels); ++c) {
    for (size_t byte = 0; byte < 256; ++byte) {
      values_[c][byte] =
          (static_cast<float>(byte) / 255.0f - statistics.mean[c]) / statistics.sd[c];
    }
  }
}

BatchMaker::BatchMaker(const ImageSet& images, const ChannelStatistics& statistics)
    : images_(images), normalised_(images.shape, statistics) {}

Batch BatchMaker::Make(std::span<const uint32_t> indices) const {
  const std::vector<Placement> unmoved(indices.size());
  return Make(indices, unmoved);
}

Batch BatchMaker::Make(std::span<const uint32_t> indices,
                       std::span<const Placement> placements) const {
  const ImageShape& shape = images_.shape;
  Batch batch;
  batch.size = static_cast<int64_t>(indices.size());
  batch.images =
      torch::empty({batch.size, shape.channels, shape.height, shape.width},
                   torch::TensorOptions(torch::kFloat32), torch::MemoryFormat::ChannelsLast);
  batch.labels = torch::empty({batch.size}, torch::kInt64);
  float* const out = batch.images.data_ptr<float>();
  int64_t* const labels = batch.labels.data_ptr<int64_t>();
  at::parallel_for(0, batch.size, kPicturesPerTask, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const size_t at = static_cast<size_t>(i);
      labels[i] = images_.labels[indices[at]];
      float* const picture = out + i * shape.Bytes();
      Render(images_.Image(indices[at]), placements[at], picture);
      Blank(placements[at], picture);
    }
  });
  return batch;
}

void BatchMaker::Render(const uint8_t* picture, const Placement& placement, float* out) const {
  const ImageShape& shape = images_.shape;
  const int64_t channels = shape.channels;
  for (int64_t y = 0; y < shape.height; ++y) {
    const int64_t from_y = y + placement.down;
    const bool row_inside = from_y >= 0 && from_y < shape.height;
    for (int64_t x = 0; x < shape.width; ++x) {
      const int64_t from_x = (placement.mirrored ? shape.width - 1 - x : x) + placement.right;
      const bool inside = row_inside && from_x >= 0 && from_x < shape.width;
      const uint8_t* const pixel =
          inside ? picture + (from_y * shape.width + from_x) * channels : kBlackPixel.data();
      for (int64_t c = 0; c < channels; ++c) {
        *out++ = normalised_.Of(c, pixel[c]);
      }
    }
  }
}

void BatchMaker::Blank(const Placement& placement, float* out) const {
  const ImageShape& shape = images_.shape;
  const int64_t top = placement.hole_row - placement.hole_side / 2;
  const int64_t left = placement.hole_column - placement.hole_side / 2;
  const int64_t end_y = std::min(top + placement.hole_side, shape.height);
  const int64_t begin_x = std::max<int64_t>(left, 0);
  const int64_t end_x = std::min(left + placement.hole_side, shape.width);
  for (int64_t y = std::max<int64_t>(top, 0); y < end_y; ++y) {
    float* const row = out + y * shape.width * shape.channels;
    std::fill(row + begin_x * shape.channels, row + end_x * shape.channels, 0.0f);
  }
}

}  // namespace adares
