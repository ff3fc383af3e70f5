// Statistics and the digest, against values computed elsewhere.
#include "worker/trainer/decoded_images.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/sha256.h"

namespace adares {
namespace {

TEST(MeasureStatisticsTest, EachChannelHasItsOwn) {
  const std::vector<uint8_t> pixels{0, 10, 7, 255, 20, 7, 0, 30, 7, 255, 40, 7};
  const ChannelStatistics statistics = MeasureStatistics(pixels, 3);
  EXPECT_FLOAT_EQ(statistics.mean[0], 0.5f);
  EXPECT_FLOAT_EQ(statistics.sd[0], 0.5f);
  EXPECT_FLOAT_EQ(statistics.mean[1], 25.0f / 255);
  EXPECT_FLOAT_EQ(statistics.sd[1], std::sqrt(125.0f) / 255);
}

TEST(MeasureStatisticsTest, ChannelWithoutVarianceCanBeDividedBy) {
  const ChannelStatistics statistics = MeasureStatistics(std::vector<uint8_t>(30, 7), 1);
  EXPECT_FLOAT_EQ(statistics.mean[0], 7.0f / 255);
  EXPECT_EQ(statistics.sd[0], 1.0f);
}

DecodedData Small() {
  return {{1, 2, 2}, 300, {{1, 2, 3, 4, 5, 6, 7, 8}, {258, 0}}, {{9, 10, 11, 12}, {1}}, {}};
}

// Everything by hand, as the header says.
TEST(DataDigestTest, IsSha256OfShapeLabelsAndPixels) {
  const std::string text = std::string("adares-data 1 1 2 2 300 2 1\n") +
                           std::string("\x02\x01\0\0\1\2\3\4\5\6\7\x08", 12) +
                           std::string("\1\0\x09\x0a\x0b\x0c", 6);
  EXPECT_EQ(KeepInMemory(Small()).digest, Sha256Hex(text));
}

TEST(DataDigestTest, AnyChangeChangesIt) {
  std::vector<DecodedData> variants(7, Small());
  variants[1].train.pixels[7] = 0;
  variants[2].test.pixels[0] = 0;
  variants[3].train.labels = {0, 258};
  variants[4].test.labels = {2};
  variants[5].classes = 301;
  variants[6].shape = {1, 4, 1};
  std::set<std::string> digests;
  for (DecodedData& variant : variants) digests.insert(KeepInMemory(std::move(variant)).digest);
  EXPECT_EQ(digests.size(), 7u);
}

TEST(KeepInMemoryTest, CopiesShareThePicturesAndKeepThem) {
  ImageData copy;
  {
    const ImageData data = KeepInMemory(Small());
    copy = data;
    EXPECT_EQ(copy.train.pixels.data(), data.train.pixels.data());
  }
  EXPECT_EQ(copy.train.size(), 2);
  EXPECT_EQ(copy.train.Image(1)[3], 8);
  EXPECT_EQ(copy.test.labels[0], 1);
  EXPECT_EQ(copy.test.shape, (ImageShape{1, 2, 2}));
}

}  // namespace
}  // namespace adares
