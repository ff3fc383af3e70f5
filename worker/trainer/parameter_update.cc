// The loops over chunks of memory, and the same by LibTorch's operations on lists of tensors.
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

struct Buffers {
  float* parameter;
  float* gradient;
  float* first;
  float* second;
};

Buffers BuffersOf(const ParameterUpdate& update) {
  const auto data = [](const Tensor& tensor) {
    return tensor.defined() ? tensor.data_ptr<float>() : nullptr;
  };
  return {data(update.parameter), data(update.gradient), data(update.first), data(update.second)};
}

void UpdateChunk(UpdateRule rule, const StepNumbers& numbers, const Buffers& all,
                 const Chunk& chunk) {
  float* const parameter = all.parameter + chunk.begin;
  const float* const gradient = all.gradient + chunk.begin;
  switch (rule) {
    case UpdateRule::kSgd:
      return optimizer_loops::Sgd(numbers, parameter, gradient, chunk.count);
    case UpdateRule::kMomentum:
      return optimizer_loops::Momentum(numbers, parameter, gradient, all.first + chunk.begin,
                                       chunk.count);
    case UpdateRule::kNesterov:
      return optimizer_loops::Nesterov(numbers, parameter, gradient, all.first + chunk.begin,
                                       chunk.count);
    case UpdateRule::kAdam:
      return optimizer_loops::Adam(
          numbers, {parameter, gradient, all.first + chunk.begin, all.second + chunk.begin},
          chunk.count);
  }
}

// Parameters whose steps have the same numbers, as LibTorch's list operations take them.
struct Lists {
  StepNumbers numbers;
  std::vector<Tensor> parameters, gradients, first, second;
};

std::vector<Lists> ListsOf(const std::vector<ParameterUpdate>& updates) {
  std::vector<Lists> all;
  for (const ParameterUpdate& update : updates) {
    auto lists = std::find_if(all.begin(), all.end(),
                              [&](const Lists& known) { return known.numbers == update.numbers; });
    if (lists == all.end()) lists = all.insert(all.end(), Lists{update.numbers, {}, {}, {}, {}});
    lists->parameters.push_back(update.parameter);
    lists->gradients.push_back(update.gradient);
    if (update.first.defined()) lists->first.push_back(update.first);
    if (update.second.defined()) lists->second.push_back(update.second);
  }
  return all;
}

// Scale and decay.
void PrepareGradients(Lists& lists) {
  const StepNumbers& numbers = lists.numbers;
  if (numbers.gradient_scale == 1 && numbers.decay == 0) return;
  lists.gradients = at::_foreach_mul(lists.gradients, numbers.gradient_scale);
  if (numbers.decay == 0) return;
  at::_foreach_add_(lists.gradients, lists.parameters, numbers.decay);
  at::_foreach_add_(lists.gradients, -numbers.decay * numbers.centre);
}

void ShrinkParameters(Lists& lists) {
  const StepNumbers& numbers = lists.numbers;
  if (numbers.shrink == 0) return;
  at::_foreach_mul_(lists.parameters, 1 - numbers.shrink);
  at::_foreach_add_(lists.parameters, numbers.shrink * numbers.centre);
}

void AdamByOperations(Lists& lists) {
  const StepNumbers& numbers = lists.numbers;
  at::_foreach_mul_(lists.first, kAdamBeta1);
  at::_foreach_add_(lists.first, lists.gradients, 1 - kAdamBeta1);
  at::_foreach_mul_(lists.second, kAdamBeta2);
  at::_foreach_addcmul_(lists.second, lists.gradients, lists.gradients, 1 - kAdamBeta2);
  const std::vector<Tensor> roots = at::_foreach_sqrt(lists.second);
  at::_foreach_mul_(roots, numbers.root_scale);
  at::_foreach_add_(roots, numbers.epsilon);
  at::_foreach_addcdiv_(lists.parameters, lists.first, roots, -numbers.rate);
}

void SgdByOperations(UpdateRule rule, Lists& lists) {
  const StepNumbers& numbers = lists.numbers;
  if (rule != UpdateRule::kSgd) {
    at::_foreach_mul_(lists.first, numbers.momentum);
    at::_foreach_add_(lists.first, lists.gradients, 1);
  }
  if (rule == UpdateRule::kNesterov) {
    at::_foreach_add_(lists.parameters, lists.first, -numbers.rate * numbers.momentum);
  }
  const bool by_velocity = rule == UpdateRule::kMomentum;
  at::_foreach_add_(lists.parameters, by_velocity ? lists.first : lists.gradients, -numbers.rate);
}

// The loops are for floats on the CPU; tests have networks of doubles too.
bool TakesLoops(const ParameterUpdate& update) {
  return update.parameter.is_cpu() && update.parameter.scalar_type() == torch::kFloat32;
}

}  // namespace

void Update(UpdateRule rule, std::vector<ParameterUpdate> updates) {
  if (updates.empty()) return;
  if (TakesLoops(updates[0])) {
    UpdateOnCpu(rule, std::move(updates));
  } else {
    UpdateByOperations(rule, updates);
  }
}

void UpdateOnCpu(UpdateRule rule, std::vector<ParameterUpdate> updates) {
  const torch::NoGradGuard no_grad;
  std::vector<Buffers> buffers;
  for (ParameterUpdate& update : updates) {
    if (!SameOrder(update.gradient, update.parameter)) {
      update.gradient = torch::empty_like(update.parameter).copy_(update.gradient);
    }
    buffers.push_back(BuffersOf(update));
  }
  OverChunks(ChunksOf(updates), [&](const Chunk& chunk, int64_t) {
    UpdateChunk(rule, updates[chunk.update].numbers, buffers[chunk.update], chunk);
  });
}

void UpdateByOperations(UpdateRule rule, const std::vector<ParameterUpdate>& updates) {
  const torch::NoGradGuard no_grad;
  for (Lists& lists : ListsOf(updates)) {
    PrepareGradients(lists);  // by the parameters as they were
    ShrinkParameters(lists);
    if (rule == UpdateRule::kAdam) {
      AdamByOperations(lists);
    } else {
      SgdByOperations(rule, lists);
    }
  }
}

void ClipTogether(double longest, std::vector<ParameterUpdate>& updates) {
  if (updates.empty()) return;
  if (!TakesLoops(updates[0])) return ClipTogetherByOperations(longest, updates);
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

void ClipTogetherByOperations(double longest, std::vector<ParameterUpdate>& updates) {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> squares;
  for (const ParameterUpdate& update : updates) squares.push_back(update.gradient.square().sum());
  const Tensor norm = torch::stack(squares).sum().sqrt();
  const Tensor scale =
      torch::where(norm.isfinite(), (longest / norm).clamp_max(1), torch::ones_like(norm));
  for (ParameterUpdate& update : updates) update.gradient = update.gradient * scale;
}

}  // namespace adares
