// Tensors, and the state of a network, as a safetensors file. A network's state is its parameters
// and buffers, under the names that LibTorch gives them, which are torchvision's. Not thread-safe:
// nobody may use the tensors meanwhile. Throws what LibTorch throws.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/trainer/safetensors.h"

namespace adares {

using TensorMap = std::map<std::string, torch::Tensor>;

// Tensors are written row-major and from the CPU, wherever and however they lie, so that equal ones
// give equal files. INVALID_ARGUMENT for a type that files do not have; errors of
// safetensors::WriteFile.
absl::Status SaveTensors(const TensorMap& tensors, const safetensors::Metadata& metadata,
                         const std::string& path);

struct StoredTensors {
  TensorMap tensors;  // on the CPU, row-major, with memory of their own
  safetensors::Metadata metadata;
};

// Errors of safetensors::ReadFile.
absl::StatusOr<StoredTensors> LoadTensors(const std::string& path);

// Shares the network's tensors, but for kernels of which it holds a part: they are whole here.
TensorMap StateOf(const torch::nn::Module& module);

// SaveTensors of the network's state.
absl::Status SaveModule(const torch::nn::Module& module, const safetensors::Metadata& metadata,
                        const std::string& path);

// Gives the network the file's state; its tensors keep their devices and memory formats. Returns
// the file's metadata. FAILED_PRECONDITION lists what is missing, not expected or of another type
// or shape, and the network is then as it was. Errors of safetensors::ReadFile.
absl::StatusOr<safetensors::Metadata> LoadModule(torch::nn::Module& module,
                                                 const std::string& path);

// SHA-256 (hex) of the bytes that SaveModule writes without metadata: what sha256sum says of such a
// file. INVALID_ARGUMENT as of SaveTensors.
absl::StatusOr<std::string> DigestOfModule(const torch::nn::Module& module);

}  // namespace adares
