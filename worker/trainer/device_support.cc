// The one place that knows whether the build has CUDA.
#include "worker/trainer/device_support.h"

#ifdef ADARES_CUDA
#include "worker/trainer/cuda_support.h"
#endif

namespace adares {

const DeviceSupport* SupportOf([[maybe_unused]] const c10::Device& device) {
#ifdef ADARES_CUDA
  if (device.is_cuda()) return &CudaSupport(device);
#endif
  return nullptr;
}

}  // namespace adares
