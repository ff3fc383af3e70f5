// What a device other than the CPU brings along beside LibTorch's operations. Compiled with its one
// implementation, cuda_support.cc, where LibTorch has CUDA; elsewhere no device has any.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "worker/trainer/update_kernel.h"

namespace adares {

// Work of the current stream that is put down once and then started as a whole. Not thread-safe.
class StepGraph {
 public:
  virtual ~StepGraph() = default;

  // Calls `work` once, which puts operations on the stream without anything being computed. All
  // its tensors keep their addresses as long as the graph lives. `work` must have run before as it
  // is, on the same stream, and must not wait for the device. A graph is captured once. Throws what
  // `work` throws, and c10::Error; IsLackOfMemory says of it whether there was no memory for the
  // graph beside that of steps outside it, which CUDA and its libraries tell in ways of their own.
  virtual void Capture(const std::function<void()>& work) = 0;

  // Computes what was captured, with the numbers that its tensors hold by then. Does not wait.
  virtual void Replay() = 0;
};

// Not thread-safe. Functions throw c10::Error.
class DeviceSupport {
 public:
  virtual ~DeviceSupport() = default;

  // For provenance: gpu, compute_capability, cuda, cuda_driver, cudnn.
  virtual std::map<std::string, std::string> Facts() const = 0;

  virtual std::unique_ptr<StepGraph> NewGraph() const = 0;

  // Puts the step of the optimizer on the current stream.
  virtual void Update(UpdateRule rule, const UpdateTable& table,
                      const StepSource& source) const = 0;

  // Gives back what LibTorch keeps of freed memory.
  virtual void ReleaseFreedMemory() const = 0;
};

// Null where there is none: on the CPU, and in a build without CUDA.
const DeviceSupport* SupportOf(const c10::Device& device);

}  // namespace adares
