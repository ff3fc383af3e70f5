// Pictures that lie on a device once, as bytes, for all trials of the process that want the same.
#pragma once

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "worker/trainer/image_set.h"

namespace adares {

// Not thread-safe. Knows pictures by where they lie in memory: Clear has to be called before that
// memory takes others.
class DevicePixels {
 public:
  // One row for each pixel, one column for each channel, uint8: all pictures one after another, row
  // by row, and one black pixel behind them. The first call for pictures copies them to `device`
  // and waits; labels do not matter. Throws what LibTorch throws, also where memory runs out.
  torch::Tensor Of(const ImageSet& images, torch::Device device);

  // Gives the memory back to LibTorch.
  void Clear() { pixels_.clear(); }

 private:
  std::map<std::pair<const uint8_t*, size_t>, torch::Tensor> pixels_;
};

}  // namespace adares
