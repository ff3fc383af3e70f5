// The loops over chunks of memory.
#include "worker/trainer/parameter_update.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "worker/trainer/optimizer_loops.h"

namespace adares {
namespace {

using torch::Tensor;

// Elements of one task: 64 KiB of each of at most four buffers.
constexpr int64_t kChunk = 1 << 14;

struct Chunk {
  size_t update = 0;  // index
  int64_t begin = 0;
  int64_t count = 0;
};

std::vector<Chunk> ChunksOf(const std::vector<ParameterUpdate>& updates) {
  std::vector<Chunk> chunks;
  for (size_t i = 0; i < updates.size(); ++i) {
    const int64_t size = updates[i].parameter.numel();
    for (int64_t begin = 0; begin < size; begin += kChunk) {
      chunks.push_back({i, begin, std::min(kChunk, size - begin)});
    }
  }
  return chunks;
}

// Runs `task(chunk, index)` over all chunks in parallel.
template <typename Task>
void OverChunks(const std::vector<Chunk>& chunks, const Task& task) {
  at::parallel_for(0, std::ssize(chunks), 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) task(chunks[static_cast<size_t>(i)], i);
  });
}

// Strides of dimensions of size 1 say nothing.
bool SameOrder(const Tensor& a, const Tensor& b) {
  for (int64_t d = 0; d < a.dim(); ++d) {
    if (a.size(d) > 1 && a.stride(d) != b.stride(d)) return false;
  }
  return true;
}

float* Data(const Tensor& tensor) { return tensor.defined() ? tensor.data_ptr<float>() : nullptr; }

// Buffers and numbers of one parameter.
struct Task {
  optimizer_loops::Buffers buffers;
  ElementNumbers numbers;
};

void UpdateChunk(UpdateRule rule, const Task& task, const Chunk& chunk) {
  const optimizer_loops::Buffers buffers = task.buffers.From(chunk.begin);
  switch (rule) {
    case UpdateRule::kSgd:
      return optimizer_loops::Run<UpdateRule::kSgd>(task.numbers, buffers, chunk.count);
    case UpdateRule::kMomentum:
      return optimizer_loops::Run<UpdateRule::kMomentum>(task.numbers, buffers, chunk.count);
    case UpdateRule::kNesterov:
      return optimizer_loops::Run<UpdateRule::kNesterov>(task.numbers, buffers, chunk.count);
    case UpdateRule::kAdam:
      return optimizer_loops::Run<UpdateRule::kAdam>(task.numbers, buffers, chunk.count);
  }
}

}  // namespace

void Update(UpdateRule rule, std::vector<ParameterUpdate> updates) {
  const torch::NoGradGuard no_grad;
  std::vector<Task> tasks;
  for (ParameterUpdate& update : updates) {
    if (!SameOrder(update.gradient, update.parameter)) {
      update.gradient = torch::empty_like(update.parameter).copy_(update.gradient);
    }
    tasks.push_back(
        {{Data(update.parameter), Data(update.gradient), Data(update.first), Data(update.second)},
         ToElement(update.numbers)});
  }
  OverChunks(ChunksOf(updates),
             [&](const Chunk& chunk, int64_t) { UpdateChunk(rule, tasks[chunk.update], chunk); });
}

void ClipTogether(double longest, std::vector<ParameterUpdate>& updates) {
  const torch::NoGradGuard no_grad;
  for (ParameterUpdate& update : updates) {
    if (!update.gradient.is_non_overlapping_and_dense()) {
      update.gradient = update.gradient.contiguous();
    }
  }
  const std::vector<Chunk> chunks = ChunksOf(updates);
  std::vector<double> squares(chunks.size());
  OverChunks(chunks, [&](const Chunk& chunk, int64_t index) {
    squares[static_cast<size_t>(index)] = optimizer_loops::SumOfSquares(
        updates[chunk.update].gradient.data_ptr<float>() + chunk.begin, chunk.count);
  });
  double sum = 0;
  for (const double square : squares) sum += square;
  const double norm = std::sqrt(sum);
  if (!std::isfinite(norm) || norm <= longest) return;
  for (ParameterUpdate& update : updates) update.numbers.gradient_scale = longest / norm;
}

}  // namespace adares
