// xoshiro256** (Blackman and Vigna 2018), seeded by SplitMix64 as its authors advise.
#include "worker/trainer/random.h"

#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

namespace adares {
namespace {

uint64_t SplitMix64(uint64_t& state) {
  state += 0x9E3779B97F4A7C15u;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(uint64_t seed, RandomStream stream, uint64_t index) {
  // Hashing each part on its own keeps neighbouring (seed, stream, index) triples apart.
  uint64_t mixed = seed;
  mixed = SplitMix64(mixed) ^ static_cast<uint64_t>(stream);
  mixed = SplitMix64(mixed) ^ index;
  for (uint64_t& word : state_.words) word = SplitMix64(mixed);
}

uint64_t Random::Next() {
  std::array<uint64_t, 4>& words = state_.words;
  const uint64_t result = std::rotl(words[1] * 5, 7) * 9;
  const uint64_t shifted = words[1] << 17;
  words[2] ^= words[0];
  words[3] ^= words[1];
  words[1] ^= words[2];
  words[0] ^= words[3];
  words[2] ^= shifted;
  words[3] = std::rotl(words[3], 45);
  return result;
}

uint64_t Random::Below(uint64_t bound) {
  const uint64_t remainder = (0 - bound) % bound;  // 2^64 mod bound values would be counted twice
  uint64_t value = Next();
  while (value < remainder) value = Next();
  return value % bound;
}

double Random::Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

double Random::Normal() {
  if (state_.has_spare_normal) {
    state_.has_spare_normal = false;
    return state_.spare_normal;
  }
  // Marsaglia's polar method: only log and sqrt, both correctly rounded enough on every libm.
  double u = 0;
  double v = 0;
  double square = 0;
  do {
    u = 2 * Uniform() - 1;
    v = 2 * Uniform() - 1;
    square = u * u + v * v;
  } while (square >= 1 || square == 0);
  const double factor = std::sqrt(-2 * std::log(square) / square);
  state_.spare_normal = v * factor;
  state_.has_spare_normal = true;
  return u * factor;
}

void Shuffle(std::vector<uint32_t>& elements, Random& random) {
  for (size_t left = elements.size(); left > 1; --left) {
    std::swap(elements[left - 1], elements[random.Below(left)]);
  }
}

std::vector<uint32_t> Permutation(uint32_t count, Random& random) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  Shuffle(order, random);
  return order;
}

}  // namespace adares
