// Chunks of memory in parallel, added up in their order.
#include "worker/trainer/squares.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

#include "worker/trainer/optimizer_loops.h"

namespace adares {
namespace {

using torch::Tensor;

constexpr int64_t kChunk = 1 << 16;

// The sum of `sum(begin, count)` over the chunks of 0..size.
template <typename Sum>
Tensor OverChunks(int64_t size, const Sum& sum) {
  std::vector<double> sums(static_cast<size_t>((size + kChunk - 1) / kChunk));
  at::parallel_for(0, std::ssize(sums), 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      sums[static_cast<size_t>(i)] = sum(i * kChunk, std::min(kChunk, size - i * kChunk));
    }
  });
  double total = 0;
  for (const double part : sums) total += part;
  return torch::tensor(total, torch::kFloat64);
}

bool TakesLoops(const Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32 &&
         tensor.is_non_overlapping_and_dense();
}

// Squares of norms, as LibTorch sums float32 into a norm without a copy of the tensor.
Tensor SquaredNorm(const Tensor& tensor, at::OptionalIntArrayRef dimensions) {
  const bool is_double = tensor.scalar_type() == torch::kFloat64;
  return at::linalg_vector_norm(tensor, 2, dimensions, /*keepdim=*/false,
                                is_double ? torch::kFloat64 : torch::kFloat32)
      .to(torch::kFloat64)
      .square();
}

// |w * x|^2, with one w or one for each channel.
Tensor WeightedSquares(const Tensor& x, const Tensor& weight) {
  if (!weight.defined()) return SquaresOf(x);
  const Tensor factor = weight.detach().to(torch::kFloat64).square();
  if (weight.dim() == 0) return factor * SquaresOf(x);
  return (factor * SquaredNorm(x, at::IntArrayRef({0, 2, 3}))).sum();
}

}  // namespace

Tensor SquaresOf(const Tensor& tensor) {
  const torch::NoGradGuard no_grad;
  if (!TakesLoops(tensor)) return SquaredNorm(tensor, c10::nullopt);
  const float* const data = tensor.data_ptr<float>();
  return OverChunks(tensor.numel(), [data](int64_t begin, int64_t count) {
    return optimizer_loops::SumOfSquares(data + begin, count);
  });
}

std::vector<Tensor> SquaresOf(const std::vector<Tensor>& tensors) {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> squares;
  if (tensors.empty()) return squares;
  if (tensors[0].is_cpu()) {
    for (const Tensor& tensor : tensors) squares.push_back(SquaresOf(tensor));
    return squares;
  }
  for (const Tensor& norm : at::_foreach_norm(tensors)) {
    squares.push_back(norm.to(torch::kFloat64).square());
  }
  return squares;
}

Tensor SquaresOfDifference(const Tensor& a, const Tensor& b) {
  const torch::NoGradGuard no_grad;
  if (!TakesLoops(a) || !TakesLoops(b) || a.strides() != b.strides()) return SquaresOf(a - b);
  const float* const data = a.data_ptr<float>();
  const float* const other = b.data_ptr<float>();
  return OverChunks(a.numel(), [data, other](int64_t begin, int64_t count) {
    return optimizer_loops::SumOfSquaredDifferences(data + begin, other + begin, count);
  });
}

PathSquares SquaresOfPaths(const Tensor& tfd, const Tensor& ipd,
                           const SumCoefficients& coefficients) {
  const torch::NoGradGuard no_grad;
  return {WeightedSquares(ipd.detach(), coefficients.s),
          WeightedSquares(tfd.detach(), coefficients.r)};
}

std::vector<double> Values(const std::vector<Tensor>& tensors) {
  if (tensors.empty()) return {};
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> doubles;
  for (const Tensor& tensor : tensors) doubles.push_back(tensor.detach().to(torch::kFloat64));
  const Tensor all = torch::stack(doubles).cpu();
  const double* const data = all.data_ptr<double>();
  return {data, data + all.numel()};
}

}  // namespace adares
