#include "bench/fleet/sweep_text.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace adares::bench {
namespace {

// The largest divisor of `number` that is at most `limit`.
int DivisorUpTo(int number, double limit) {
  int divisor = 1;
  for (int candidate = 2; candidate <= limit + 1e-9; ++candidate) {
    if (number % candidate == 0) divisor = candidate;
  }
  return divisor;
}

// `count` different values: unit, 2 * unit, ...
std::string Values(int count, double unit) {
  std::vector<std::string> values;
  for (int i = 1; i <= count; ++i) values.push_back(absl::StrFormat("%.6g", i * unit));
  return absl::StrJoin(values, ", ");
}

std::string Seeds(int count) {
  std::vector<int> seeds;
  for (int seed = 0; seed < count; ++seed) seeds.push_back(seed);
  return absl::StrJoin(seeds, ", ");
}

}  // namespace

std::string SweepText(const std::string& name, int trials) {
  const int rates = DivisorUpTo(trials, std::cbrt(trials));
  const int decays = DivisorUpTo(trials / rates, std::sqrt(trials / rates));
  return absl::StrCat(
      "apiVersion: adares/v1\n"
      "kind: Sweep\n"
      "name: ",
      name,
      "\n"
      "base:\n"
      "  model: {family: cifar, depth: 8}\n"
      "  data: {dataset: synthetic, train_size: 256, validation_size: 128, test_size: 128}\n"
      "  train: {epochs: 2, batch_size: 64}\n"
      "axes:\n"
      "  lr: {path: train.lr, values: [",
      Values(rates, 0.001),
      "]}\n"
      "  decay: {path: train.weight_decay, values: [",
      Values(decays, 0.00001),
      "]}\n"
      "compare:\n"
      "  baseline: {lr: 0.001, decay: 1e-5}\n"
      "replicates:\n"
      "  seeds: [",
      Seeds(trials / rates / decays), "]\n");
}

}  // namespace adares::bench
