// The optimizer's step over many tensors on CUDA, in one pass over their memory. Pointers only: no
// LibTorch, so that CUDA's compiler need not read its headers. Private to device_update.cc and
// cuda_support.cc.
#pragma once

#include <cstdint>

#include "worker/trainer/update_element.h"

namespace adares {

// Tensors of one launch. Handed over by value: a captured graph keeps it.
struct UpdateTable {
  static constexpr int kTensors = 32;
  float* parameter[kTensors];
  const float* gradient[kTensors];  // null: the parameter stays, and its mean follows
  float* first[kTensors];           // null where the rule has none
  float* second[kTensors];          // likewise
  float* mean[kTensors];            // null where there is none
  int64_t count[kTensors];          // of elements
  int32_t group[kTensors];          // whose numbers count
  int tensors = 0;
};

// Where the numbers of a step are: of group g of step s at numbers[s * groups + g].
struct StepSource {
  const ElementNumbers* numbers = nullptr;
  int64_t groups = 0;
  const int64_t* step = nullptr;  // read when the kernel runs
  const float* scale = nullptr;   // of all gradients; null: 1
};

// Puts the work on `stream` (a cudaStream_t). Returns what CUDA says, null for success.
const char* LaunchUpdate(UpdateRule rule, const UpdateTable& table, const StepSource& source,
                         void* stream);

}  // namespace adares
