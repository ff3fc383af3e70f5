// Eight lanes, so that eight multiplications run at once. Each step maps a lane one-to-one for any
// word and takes each word one-to-one for any lane; that is why no change of one word is lost.
#include "worker/trainer/checksum64.h"

#include <array>
#include <bit>
#include <cstring>

namespace adares {
namespace {

constexpr size_t kLanes = 8;
constexpr size_t kBlock = kLanes * sizeof(uint64_t);
// Odd, so that multiplication can be undone: the fractions of the golden ratio and of the square
// root of 3, in 64 bits.
constexpr uint64_t kWordFactor = 0x9E3779B97F4A7C15u;
constexpr uint64_t kStateFactor = 0xBB67AE8584CAA73Bu;

using Lanes = std::array<uint64_t, kLanes>;

uint64_t Mix(uint64_t state, uint64_t word) {
  return std::rotl(state + word * kWordFactor, 29) * kStateFactor;
}

void AddBlock(const uint8_t* block, Lanes& lanes) {
  Lanes words;
  std::memcpy(words.data(), block, kBlock);
  for (size_t i = 0; i < kLanes; ++i) lanes[i] = Mix(lanes[i], words[i]);
}

}  // namespace

uint64_t Checksum64(std::span<const uint8_t> bytes) {
  Lanes lanes;
  for (size_t i = 0; i < kLanes; ++i) lanes[i] = kStateFactor * (i + 1);
  const uint8_t* next = bytes.data();
  size_t left = bytes.size();
  for (; left >= kBlock; left -= kBlock, next += kBlock) AddBlock(next, lanes);
  std::array<uint8_t, kBlock> rest{};
  if (left > 0) std::memcpy(rest.data(), next, left);
  AddBlock(rest.data(), lanes);
  uint64_t sum = Mix(0, bytes.size());  // zeros at the end count too
  for (const uint64_t lane : lanes) sum = Mix(sum, lane);
  return sum ^ sum >> 32;
}

}  // namespace adares
