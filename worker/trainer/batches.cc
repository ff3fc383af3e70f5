// Rendering of batches on the CPU; a step takes a hundred times longer than its batch.
#include "worker/trainer/batches.h"

#include <ATen/Parallel.h>

namespace adares {
namespace {

constexpr int64_t kPicturesPerTask = 16;
constexpr std::array<uint8_t, 3> kBlackPixel{};

}  // namespace

std::vector<Placement> DrawPlacements(Augment augment, size_t count, Random& random) {
  const bool crop = augment == Augment::kCrop || augment == Augment::kCropFlip;
  const bool flip = augment == Augment::kFlip || augment == Augment::kCropFlip;
  std::vector<Placement> placements(count);
  for (Placement& placement : placements) {
    const int down = static_cast<int>(random.Below(2 * kCropMargin + 1)) - kCropMargin;
    const int right = static_cast<int>(random.Below(2 * kCropMargin + 1)) - kCropMargin;
    const bool mirrored = random.Below(2) == 1;
    if (crop) placement = {down, right, false};
    placement.mirrored = flip && mirrored;
  }
  return placements;
}

BatchMaker::BatchMaker(const ImageSet& images, const ChannelStatistics& statistics,
                       torch::Device device)
    : images_(images), device_(device) {
  for (size_t c = 0; c < static_cast<size_t>(images.shape.channels); ++c) {
    for (size_t byte = 0; byte < 256; ++byte) {
      normalised_[c][byte] =
          (static_cast<float>(byte) / 255.0f - statistics.mean[c]) / statistics.sd[c];
    }
  }
}

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
      Render(images_.Image(indices[at]), placements[at], out + i * shape.Bytes());
    }
  });
  if (!device_.is_cpu()) {
    batch.images = batch.images.to(device_);
    batch.labels = batch.labels.to(device_);
  }
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
        *out++ = normalised_[static_cast<size_t>(c)][pixel[c]];
      }
    }
  }
}

}  // namespace adares
