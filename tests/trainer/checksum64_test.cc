// What the checksum must notice.
#include "worker/trainer/checksum64.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace adares {
namespace {

// The sizes around a block of 64 bytes.
TEST(Checksum64Test, EveryBitCounts) {
  for (const size_t size : {1, 7, 8, 63, 64, 65, 200}) {
    std::vector<uint8_t> bytes(size, 0xA5);
    std::set<uint64_t> seen{Checksum64(bytes)};
    for (size_t bit = 0; bit < 8 * size; ++bit) {
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      seen.insert(Checksum64(bytes));
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    }
    EXPECT_EQ(seen.size(), 8 * size + 1) << size;
  }
}

TEST(Checksum64Test, LengthCountsEvenOfZeros) {
  std::set<uint64_t> seen;
  for (size_t size = 0; size < 300; ++size) seen.insert(Checksum64(std::vector<uint8_t>(size)));
  EXPECT_EQ(seen.size(), 300u);
}

// Blocks, lanes and words that change places.
TEST(Checksum64Test, OrderCounts) {
  std::vector<uint8_t> bytes(256, 0);
  std::set<uint64_t> seen;
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = 1;
    seen.insert(Checksum64(bytes));
    bytes[i] = 0;
  }
  EXPECT_EQ(seen.size(), bytes.size());
}

}  // namespace
}  // namespace adares
