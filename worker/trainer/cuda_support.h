// Of CUDA devices. Compiled only where LibTorch has CUDA.
#pragma once

#include "worker/trainer/device_support.h"

namespace adares {

// Lives as long as the process.
const DeviceSupport& CudaSupport(const c10::Device& device);

}  // namespace adares
