// What the machine can do at best: products of square matrices in fp32, by the BLAS that LibTorch
// calls. Prints the fastest of all as 10^9 multiplications and additions a second.
//
//   adares-bench-sgemm-peak THREADS
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr int kRepetitions = 12;

// Operations a second of the fastest product of matrices with `side` rows and columns.
double Fastest(int64_t side) {
  const torch::Tensor a = torch::rand({side, side});
  const torch::Tensor b = torch::rand({side, side});
  torch::Tensor product = torch::mm(a, b);
  double best = 0;
  for (int i = 0; i < kRepetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    torch::mm_out(product, a, b);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, 2.0 * static_cast<double>(side * side * side) / elapsed.count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc == 2 ? std::atoi(argv[1]) : 0;
  if (threads < 1) {
    std::fprintf(stderr, "usage: adares-bench-sgemm-peak THREADS\n");
    return 2;
  }
  at::set_num_threads(threads);
  double best = 0;
  for (const int64_t side : {512, 1024, 2048}) best = std::max(best, Fastest(side));
  std::printf("%.1f\n", best / 1e9);
  return 0;
}
