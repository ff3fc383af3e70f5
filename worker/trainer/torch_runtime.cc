// Process-wide LibTorch settings and the exception border.
#include "worker/trainer/torch_runtime.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <cstdlib>
#include <new>

#include "absl/strings/str_cat.h"
#include "worker/trainer/device_support.h"
#include "worker/trainer/driver_version.h"
#include "worker/trainer/libtorch_versions.h"

namespace adares {
namespace {

// The rest of the line after `key` in LibTorch's description of its build.
std::string FromBuildDescription(const std::string& key, const std::string& ends) {
  const std::string description = at::show_config();
  const size_t at = description.find(key);
  if (at == std::string::npos) return "unknown";
  const size_t begin = at + key.size();
  return description.substr(begin, description.find_first_of(ends, begin) - begin);
}

// LibTorch calls whatever libblas.so.3 is at run time; OpenBLAS says its name.
std::string BlasName() {
  using GetConfig = const char* (*)();
  if (void* symbol = dlsym(RTLD_DEFAULT, "openblas_get_config")) {
    const std::string config = reinterpret_cast<GetConfig>(symbol)();
    const std::string version = config.substr(0, config.find(' ', config.find(' ') + 1));
    // Its kernels are chosen by the processor, and add in different orders.
    void* const corename = dlsym(RTLD_DEFAULT, "openblas_get_corename");
    if (corename == nullptr) return version;
    return absl::StrCat(version, " ", reinterpret_cast<GetConfig>(corename)());
  }
  return FromBuildDescription("BLAS_INFO=", ", \n");
}

std::string ClassOfGpu(const std::string& name) {
  const bool alike = at::globalContext().deterministicAlgorithms();
  return absl::StrCat("cuda/", name, "/", alike ? "deterministic" : "not deterministic");
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

trainer_protocol::EndEvent OutOfMemory(const std::string& message) {
  return {EndReason::kOutOfMemory,
          absl::StrCat(message, "; lower train.batch_size or run fewer trials on this machine")};
}

// What LibTorch's CPU allocator, CUDA and its libraries say in an ordinary Error.
bool IsAllocationFailure(const std::string& message) {
  const auto says = [&message](const char* words) {
    return message.find(words) != std::string::npos;
  };
  return (says("DefaultCPUAllocator") && says("memory")) ||
         (says("CUDA") && says("out of memory")) || says("CUBLAS_STATUS_ALLOC_FAILED") ||
         says("CUDNN_STATUS_ALLOC_FAILED");
}

}  // namespace

absl::StatusOr<std::string> ResolveDevice(const std::string& wanted) {
  if (wanted == "cpu") return "cpu";
  if (torch::cuda::is_available()) return "cuda:0";
  if (wanted == "auto") return "cpu";
  return absl::FailedPreconditionError(absl::StrCat(
      "--device cuda: LibTorch ", LibTorchVersion(),
      " finds no CUDA device (Debian's LibTorch has no CUDA support; build against a CUDA "
      "build of PyTorch, or use --device cpu)"));
}

void ConfigureTorch(int threads) {
  at::set_num_threads(threads);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
}

void ConfigureDevice(const std::string& device, bool deterministic) {
  if (device == "cpu") return;
  // Without it cuBLAS gives streams memory of changing sizes, and with it other kernels.
  if (deterministic) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  at::globalContext().setDeterministicCuDNN(deterministic);
  at::globalContext().setBenchmarkCuDNN(!deterministic);
  libtorch::SetDeterministicAlgorithms(deterministic);
}

std::string LibTorchVersion() { return TORCH_VERSION; }

std::map<std::string, std::string> DescribeRuntime(const std::string& device) {
  const std::string threads = absl::StrCat(at::get_num_threads());
  std::map<std::string, std::string> facts = {
      {"libtorch", LibTorchVersion()},
      {"device", device},
      {"threads", threads},
      {"blas", BlasName()},
      {"cpu_capability", FromBuildDescription("CPU capability usage: ", "\n")},
      {"class", absl::StrCat("cpu/threads=", threads)}};
  if (const DeviceSupport* const support = SupportOf(c10::Device(device))) {
    facts.merge(support->Facts());
    facts["class"] = ClassOfGpu(facts["gpu"]);
    facts["driver"] = DriverVersion();
  }
  return facts;
}

void ReleaseFreedMemory(const std::string& device) {
  if (const DeviceSupport* const support = SupportOf(c10::Device(device))) {
    support->ReleaseFreedMemory();
  }
}

bool IsLackOfMemory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  const auto* const other = dynamic_cast<const c10::Error*>(&error);
  return other != nullptr && IsAllocationFailure(FirstLine(other->what_without_backtrace()));
}

trainer_protocol::EndEvent EndOfException(std::exception_ptr exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const c10::Error& error) {
    const std::string message = FirstLine(error.what_without_backtrace());
    if (IsLackOfMemory(error)) return OutOfMemory(message);
    return {EndReason::kError, message};
  } catch (const std::bad_alloc&) {
    return OutOfMemory("host memory ran out");
  } catch (const std::exception& error) {
    return {EndReason::kError, FirstLine(error.what())};
  } catch (...) {
    return {EndReason::kError, "an exception of unknown type"};
  }
}

}  // namespace adares
