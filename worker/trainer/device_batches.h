// Batches that are made where the pictures lie: gathered, moved, mirrored, normalised and blanked
// by LibTorch's operations on the device. Random numbers are still drawn by the host, so that a
// trial gets the same pictures on every device.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>

#include "worker/trainer/batches.h"
#include "worker/trainer/image_set.h"

namespace adares {

// What the device has to know of pictures: a row of int32 for each, on the CPU. One upload serves a
// whole epoch.
torch::Tensor RowsOf(std::span<const uint32_t> indices, std::span<const Placement> placements);
// Of pictures as they are.
torch::Tensor RowsOf(std::span<const uint32_t> indices);

// Numbers in a row of RowsOf.
inline constexpr int64_t kRowSize = 7;

// Not thread-safe.
class DeviceBatchMaker {
 public:
  // `pixels` are those of `images` as DevicePixels has them, on whatever device; batches come into
  // being there. With `holes` false, placements must have none. Nothing of `images` is used later.
  DeviceBatchMaker(const ImageSet& images, const ChannelStatistics& statistics,
                   torch::Tensor pixels, bool holes);

  // The same batch, bit for bit, as BatchMaker's from the indices and placements of `rows`, which
  // are some of RowsOf on the device. Does not wait for the device, nor look at its numbers.
  Batch Make(const torch::Tensor& rows) const;

 private:
  // Rows of `pixels_` for each place of each picture.
  torch::Tensor Sources(const torch::Tensor& rows) const;
  torch::Tensor Holes(const torch::Tensor& rows) const;

  const ImageShape shape_;
  const bool holes_;
  torch::Tensor pixels_;
  torch::Tensor labels_;
  torch::Tensor normalised_;                         // by channel * 256 + byte
  torch::Tensor first_of_channel_;                   // places in it
  torch::Tensor rows_, columns_, mirrored_columns_;  // 0, 1, ... of a picture
};

}  // namespace adares
