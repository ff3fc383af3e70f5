// What is called by another name in one of the versions of LibTorch from 1.13 to 2.11. The one
// place that knows.
#pragma once

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <torch/version.h>

#define ADARES_LIBTORCH_AT_LEAST(major, minor) \
  (TORCH_VERSION_MAJOR > (major) ||            \
   (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace adares::libtorch {

// Autocast to bf16 for operations of this thread on the CPU, or on CUDA.
inline void SetAutocast(bool cpu, bool on) {
#if ADARES_LIBTORCH_AT_LEAST(2, 4)
  const at::DeviceType device = cpu ? at::kCPU : at::kCUDA;
  if (on) at::autocast::set_autocast_dtype(device, at::kBFloat16);
  at::autocast::set_autocast_enabled(device, on);
#else
  if (cpu) {
    if (on) at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(on);
  } else {
    if (on) at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
    at::autocast::set_enabled(on);
  }
#endif
}

// Operations without a deterministic way throw, from here on or no longer. New versions would also
// fill fresh memory, which is for programs that read what they have not written.
inline void SetDeterministicAlgorithms(bool on) {
  at::globalContext().setDeterministicAlgorithms(on, /*warn_only=*/false);
#if ADARES_LIBTORCH_AT_LEAST(2, 2)
  at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
}

}  // namespace adares::libtorch
