// What the rest of the trainer needs of LibTorch apart from tensors: set-up of the process, facts
// for the record, and the border at which exceptions become the end of a trial. No torch headers
// here.
#pragma once

#include <exception>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/trainer_protocol.h"

namespace adares {

// "cpu" or "cuda:0" for "cpu", "cuda" or "auto". FAILED_PRECONDITION where CUDA is asked for and
// this LibTorch or machine has none.
absl::StatusOr<std::string> ResolveDevice(const std::string& wanted);

// Threads of one operation, for the calling thread's operations; and deterministic kernels.
void ConfigureTorch(int threads);

// For devices other than the CPU, which computes alike each time in any case: kernels that add in
// the same order each time, where `deterministic`, or those that are fastest when they are tried.
// Changes the environment (CUBLAS_WORKSPACE_CONFIG), so that no
// other thread may read it meanwhile.
void ConfigureDevice(const std::string& device, bool deterministic);

// Version of the LibTorch headers: "1.13.1".
std::string LibTorchVersion();

// What numbers depend on besides the specification: libtorch, device, threads, blas,
// cpu_capability, class; of a GPU also gpu, compute_capability, cuda, cuda_driver, cudnn, driver.
// Runs of equal `class` and versions on like machines give equal numbers.
std::map<std::string, std::string> DescribeRuntime(const std::string& device);

// Gives back what LibTorch keeps of freed memory on `device`; on the CPU nothing.
void ReleaseFreedMemory(const std::string& device);

// Whether LibTorch, CUDA, their libraries or the host had no memory left.
bool IsLackOfMemory(const std::exception& error);

// End of a trial whose training threw: out of memory, or an error with the message's first line.
trainer_protocol::EndEvent EndOfException(std::exception_ptr exception);

}  // namespace adares
