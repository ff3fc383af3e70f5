// Graphs, facts and memory of CUDA devices, and the launch of the optimizer's kernel. The only file
// that includes LibTorch's CUDA headers. What it calls has stayed the same from LibTorch 1.13 on.
#include "worker/trainer/cuda_support.h"

#include <ATen/cuda/CUDAGraph.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <exception>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

void Check(cudaError_t error) {
  TORCH_CHECK(error == cudaSuccess, "CUDA: ", cudaGetErrorString(error));
}

// 12040 is CUDA 12.4.
std::string VersionText(int version) {
  return absl::StrCat(version / 1000, ".", version % 1000 / 10);
}

class CapturedGraph : public StepGraph {
 public:
  void Capture(const std::function<void()>& work) override {
    // The graph has memory of its own, for which LibTorch cannot take what it keeps of freed
    // memory.
    c10::cuda::CUDACachingAllocator::emptyCache();
    graph_.capture_begin();
    try {
      work();
    } catch (...) {
      EndQuietly();
      throw;
    }
    graph_.capture_end();
  }
  void Replay() override { graph_.replay(); }

 private:
  // Else the stream would go on capturing, and memory be taken for a graph that is gone.
  void EndQuietly() {
    try {
      graph_.capture_end();
    } catch (const std::exception&) {  // the reason is that of the work
    }
  }

  at::cuda::CUDAGraph graph_;
};

class CudaDevice : public DeviceSupport {
 public:
  explicit CudaDevice(const c10::Device& device) : device_(device) {}

  std::map<std::string, std::string> Facts() const override {
    cudaDeviceProp properties{};
    int driver = 0;
    int runtime = 0;
    Check(cudaGetDeviceProperties(&properties, device_.index()));
    Check(cudaDriverGetVersion(&driver));
    Check(cudaRuntimeGetVersion(&runtime));
    return {{"gpu", properties.name},
            {"compute_capability", absl::StrCat(properties.major, ".", properties.minor)},
            {"cuda", VersionText(runtime)},
            {"cuda_driver", VersionText(driver)},
            {"cudnn", absl::StrCat(at::detail::getCUDAHooks().versionCuDNN())}};
  }

  std::unique_ptr<StepGraph> NewGraph() const override { return std::make_unique<CapturedGraph>(); }

  void Update(UpdateRule rule, const UpdateTable& table, const StepSource& source) const override {
    const c10::cuda::CUDAGuard guard(device_);
    cudaStream_t const stream = c10::cuda::getCurrentCUDAStream(device_.index()).stream();
    const char* const error = LaunchUpdate(rule, table, source, stream);
    TORCH_CHECK(error == nullptr, "CUDA: ", error);
  }

  void ReleaseFreedMemory() const override { c10::cuda::CUDACachingAllocator::emptyCache(); }

 private:
  const c10::Device device_;
};

}  // namespace

const DeviceSupport& CudaSupport(const c10::Device& device) {
  static const CudaDevice support(device);  // a trainer has one
  return support;
}

}  // namespace adares
