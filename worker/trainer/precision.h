// The number formats in which a trial computes. LibTorch's settings for them belong to the process
// or the thread; here they last as long as a scope, so that the next trial finds them as they were.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/trial_spec.h"

namespace adares {

// FAILED_PRECONDITION where `device` ("cpu", "cuda:0") does not have `precision`.
absl::Status CheckPrecision(Precision precision, const std::string& device);

// While it lives, float32 products and convolutions on CUDA may be TF32, or may not. Around a whole
// trial: LibTorch's own default allows it to convolutions. One at a time in the process.
class MatrixPrecision {
 public:
  explicit MatrixPrecision(Precision precision);
  ~MatrixPrecision();
  MatrixPrecision(const MatrixPrecision&) = delete;
  MatrixPrecision& operator=(const MatrixPrecision&) = delete;

 private:
  const bool products_;
  const bool convolutions_;
};

// While it lives, products and convolutions of this thread on `device` take bf16, if `precision` is
// that; parameters, statistics and gradients of parameters stay float32. Around a forward pass, not
// the backward one.
class Autocast {
 public:
  Autocast(Precision precision, const std::string& device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  const bool active_;
  const bool cpu_;
};

}  // namespace adares
