// One copy for each part of a data set.
#include "worker/trainer/device_pixels.h"

namespace adares {

torch::Tensor DevicePixels::Of(const ImageSet& images, torch::Device device) {
  torch::Tensor& known = pixels_[{images.pixels.data(), images.pixels.size()}];
  if (known.defined() && known.device() == device) return known;
  const int64_t channels = images.shape.channels;
  const int64_t pixels = static_cast<int64_t>(images.pixels.size()) / channels;
  // Only read, though LibTorch takes no pointer to const.
  const torch::Tensor bytes = torch::from_blob(const_cast<uint8_t*>(images.pixels.data()),
                                               {pixels, channels}, torch::kUInt8);
  known = torch::zeros({pixels + 1, channels}, torch::TensorOptions(torch::kUInt8).device(device));
  known.narrow(0, 0, pixels).copy_(bytes);
  return known;
}

}  // namespace adares
