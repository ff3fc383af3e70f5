// A block row for each tensor; its blocks go over the tensor in strides.
#include <algorithm>

#include "worker/trainer/update_kernel.h"

namespace adares {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kElementsOfBlock = 4 * kThreads;
constexpr int64_t kMaxBlocks = 1024;  // of one tensor

template <UpdateRule kRule>
__global__ void __launch_bounds__(kThreads) UpdateTensors(UpdateTable table, StepSource source) {
  const int tensor = static_cast<int>(blockIdx.y);
  ElementNumbers numbers = source.numbers[*source.step * source.groups + table.group[tensor]];
  if (source.scale != nullptr) numbers.gradient_scale *= *source.scale;
  float* const parameters = table.parameter[tensor];
  const float* const gradients = table.gradient[tensor];
  float* const first = table.first[tensor];
  float* const second = table.second[tensor];
  float* const means = table.mean[tensor];
  const int64_t count = table.count[tensor];
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count;
       i += stride) {
    float parameter = parameters[i];
    if (gradients != nullptr) {
      UpdateElement<kRule>(numbers, gradients[i], parameter, first + i, second + i);
      parameters[i] = parameter;
    }
    if (means != nullptr) means[i] = MovedMean(means[i], parameter, numbers.mean_step);
  }
}

}  // namespace

const char* LaunchUpdate(UpdateRule rule, const UpdateTable& table, const StepSource& source,
                         void* stream) {
  if (table.tensors == 0) return nullptr;
  const int64_t longest = *std::max_element(table.count, table.count + table.tensors);
  const int64_t blocks =
      std::clamp<int64_t>((longest + kElementsOfBlock - 1) / kElementsOfBlock, 1, kMaxBlocks);
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(table.tensors));
  const auto on = static_cast<cudaStream_t>(stream);
  switch (rule) {
    case UpdateRule::kSgd:
      UpdateTensors<UpdateRule::kSgd><<<grid, kThreads, 0, on>>>(table, source);
      break;
    case UpdateRule::kMomentum:
      UpdateTensors<UpdateRule::kMomentum><<<grid, kThreads, 0, on>>>(table, source);
      break;
    case UpdateRule::kNesterov:
      UpdateTensors<UpdateRule::kNesterov><<<grid, kThreads, 0, on>>>(table, source);
      break;
    case UpdateRule::kAdam:
      UpdateTensors<UpdateRule::kAdam><<<grid, kThreads, 0, on>>>(table, source);
      break;
  }
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace adares
