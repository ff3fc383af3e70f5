// The state of a network as a safetensors file: its parameters and buffers, under the names that
// LibTorch gives them, which are torchvision's. Not thread-safe: nobody may use the network
// meanwhile. Throws what LibTorch throws.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/trainer/safetensors.h"

// Not from LibTorch's headers, as those cost each file that includes this one ten seconds.
namespace torch::nn {
class Module;
}

namespace adares {

// Tensors are written row-major and from the CPU, wherever and however the network holds them, so
// that equal networks give equal files; kernels have all their taps. Errors of
// safetensors::WriteFile.
absl::Status SaveModule(const torch::nn::Module& module, const safetensors::Metadata& metadata,
                        const std::string& path);

// Gives the network the file's state; its tensors keep their devices and memory formats. Returns
// the file's metadata. FAILED_PRECONDITION lists what is missing, not expected or of another type
// or shape, and the network is then as it was. Errors of safetensors::ReadFile.
absl::StatusOr<safetensors::Metadata> LoadModule(torch::nn::Module& module,
                                                 const std::string& path);

}  // namespace adares
