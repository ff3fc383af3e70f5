// The built-in data set: the same everywhere, balanced, and not the same picture twice.
#include "worker/trainer/synthetic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace adares {
namespace {

uint64_t Fnv1a(const std::vector<uint8_t>& bytes) {
  uint64_t hash = 14695981039346656037u;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  return hash;
}

TEST(SyntheticTest, HasTheBytesItAlwaysHad) {
  const DecodedData data = MakeSynthetic();
  // Results on this set are comparable only as long as these values stay.
  EXPECT_EQ(Fnv1a(data.train.pixels), 0x9e2c98f1525341fcu);
  EXPECT_EQ(Fnv1a(data.test.pixels), 0xc5420dad7bf70e9au);
}

TEST(SyntheticTest, ClassesAreBalanced) {
  const DecodedData data = MakeSynthetic({200, 100});
  for (uint8_t label = 0; label < kClasses; ++label) {
    EXPECT_EQ(std::count(data.train.labels.begin(), data.train.labels.end(), label), 20);
    EXPECT_EQ(std::count(data.test.labels.begin(), data.test.labels.end(), label), 10);
  }
}

TEST(SyntheticTest, PictureDoesNotDependOnHowManyAreMade) {
  const DecodedData few = MakeSynthetic({20, 10});
  const DecodedData more = MakeSynthetic({40, 10});
  EXPECT_TRUE(
      std::equal(few.train.pixels.begin(), few.train.pixels.end(), more.train.pixels.begin()));
  EXPECT_NE(few.train.pixels,
            std::vector<uint8_t>(more.train.pixels.begin() + 20 * 3072, more.train.pixels.end()));
}

TEST(SyntheticTest, StatisticsAreThoseOfThePixels) {
  const DecodedData data = MakeSynthetic({2000, 10});
  double sum = 0;
  double squares = 0;
  for (size_t i = 0; i < data.train.pixels.size(); i += 3) {
    const double value = data.train.pixels[i] / 255.0;
    sum += value;
    squares += value * value;
  }
  const double count = static_cast<double>(data.train.pixels.size()) / 3;
  const double mean = sum / count;
  EXPECT_NEAR(data.statistics.mean[0], mean, 0.01);
  EXPECT_NEAR(data.statistics.sd[0], std::sqrt(squares / count - mean * mean), 0.01);
}

}  // namespace
}  // namespace adares
