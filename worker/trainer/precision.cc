// LibTorch's switches.
#include "worker/trainer/precision.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>

#include "absl/strings/str_cat.h"
#include "worker/trainer/libtorch_versions.h"

namespace adares {
namespace {

bool IsCpu(const std::string& device) { return device == "cpu"; }

}  // namespace

absl::Status CheckPrecision(Precision precision, const std::string& device) {
  if (precision != Precision::kTf32 || !IsCpu(device)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("train.precision tf32 needs a CUDA device, and this trainer runs on ", device,
                   "; take fp32 or bf16, or a worker with a GPU"));
}

MatrixPrecision::MatrixPrecision(Precision precision)
    : products_(at::globalContext().allowTF32CuBLAS()),
      convolutions_(at::globalContext().allowTF32CuDNN()) {
  at::globalContext().setAllowTF32CuBLAS(precision == Precision::kTf32);
  at::globalContext().setAllowTF32CuDNN(precision == Precision::kTf32);
}

MatrixPrecision::~MatrixPrecision() {
  at::globalContext().setAllowTF32CuBLAS(products_);
  at::globalContext().setAllowTF32CuDNN(convolutions_);
}

Autocast::Autocast(Precision precision, const std::string& device)
    : active_(precision == Precision::kBf16), cpu_(IsCpu(device)) {
  if (active_) libtorch::SetAutocast(cpu_, true);
}

Autocast::~Autocast() {
  if (!active_) return;
  libtorch::SetAutocast(cpu_, false);
  at::autocast::clear_cache();  // of parameters in bf16, which the next step changes
}

}  // namespace adares
