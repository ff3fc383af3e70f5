// Random numbers of the trainer. Own arithmetic, so that a seed gives the same split, order, crops
// and initial weights on every machine, LibTorch version and device.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace adares {

// What the numbers are for. Each purpose has its own stream: one more draw for augmentation must
// not change the order of the examples.
enum class RandomStream : uint64_t {
  kWeights = 1,
  kSkipWeights = 2,
  kSplit = 3,
  kOrder = 4,
  kAugmentation = 5,
  kSynthetic = 6,
  kLabelNoise = 7,
  kBranches = 8,
};

// xoshiro256** seeded through SplitMix64. Not thread-safe; copies continue independently.
class Random {
 public:
  // `index` separates members of one stream (one synthetic picture each, say).
  Random(uint64_t seed, RandomStream stream, uint64_t index = 0);

  uint64_t Next();
  // Uniform in [0, bound); bound > 0. Unbiased.
  uint64_t Below(uint64_t bound);
  // Uniform in [0, 1), 53 bits.
  double Uniform();
  // Standard normal.
  double Normal();

  // What all further numbers follow from.
  struct State {
    std::array<uint64_t, 4> words{};
    double spare_normal = 0;  // made with the last one
    bool has_spare_normal = false;
    bool operator==(const State&) const = default;
  };
  const State& state() const { return state_; }
  void Restore(const State& state) { state_ = state; }

 private:
  State state_;
};

// Brings the elements into random order.
void Shuffle(std::vector<uint32_t>& elements, Random& random);

// 0 .. count-1 in random order.
std::vector<uint32_t> Permutation(uint32_t count, Random& random);

}  // namespace adares
