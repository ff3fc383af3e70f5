// Live taps against a walk over all positions, and the convolutions of the published networks.
#include "worker/trainer/tap_window.h"

#include <gtest/gtest.h>

#include <set>

namespace adares {
namespace {

// Taps that meet a row of the map, one position after the other.
std::set<int64_t> SeenTaps(const ConvolutionSide& side, int64_t positions) {
  std::set<int64_t> seen;
  for (int64_t position = 0; position < positions; ++position) {
    for (int64_t tap = 0; tap < side.kernel; ++tap) {
      const int64_t row = position * side.stride + tap - side.padding.before;
      if (row >= 0 && row < side.size) seen.insert(tap);
    }
  }
  return seen;
}

TEST(TapWindowTest, LiveTapsReachFromTheFirstToTheLastThatSeesTheMap) {
  for (int64_t size = 1; size <= 9; ++size) {
    for (const int64_t kernel : {1, 3, 5, 7}) {
      for (const int64_t stride : {1, 2, 3}) {
        for (const Margin& padding : {Margin{kernel / 2, kernel / 2}, Margin{0, kernel / 2},
                                      SamePadding(size, kernel, stride)}) {
          const ConvolutionSide side{size, kernel, stride, padding};
          const int64_t padded = size + padding.before + padding.after;
          if (padded < kernel) continue;
          const int64_t positions = (padded - kernel) / stride + 1;
          const TapWindow live = LiveTaps(side);
          const std::set<int64_t> seen = SeenTaps(side, positions);
          EXPECT_EQ(live.first, *seen.begin());
          EXPECT_EQ(live.first + live.count - 1, *seen.rbegin());
          EXPECT_EQ(live.out, positions);
          EXPECT_EQ(live.padding.before, padding.before - live.first);
          // With its own padding the shorter kernel has as many positions.
          const int64_t own = size + live.padding.before + live.padding.after;
          EXPECT_EQ((own - live.count) / stride + 1, positions)
              << size << " " << kernel << " " << stride;
        }
      }
    }
  }
}

TEST(TapWindowTest, OfThreeTapsOneSeesOnePixel) {
  EXPECT_EQ(LiveTaps({1, 3, 1, {1, 1}}), (TapWindow{1, 1, {0, 0}, 1}));
  EXPECT_EQ(LiveTaps({1, 3, 2, {1, 1}}), (TapWindow{1, 1, {0, 0}, 1}));
}

TEST(TapWindowTest, OfThreeTapsTwoSeeTwoPixelsWithStrideTwo) {
  EXPECT_EQ(LiveTaps({2, 3, 2, SamePadding(2, 3, 2)}), (TapWindow{0, 2, {0, 0}, 1})) << "Keras";
  EXPECT_EQ(LiveTaps({2, 3, 2, {1, 1}}), (TapWindow{1, 2, {0, 0}, 1})) << "torchvision";
}

TEST(TapWindowTest, AllTapsAreLiveOnLargerMaps) {
  EXPECT_EQ(LiveTaps({2, 3, 1, {1, 1}}), (TapWindow{0, 3, {1, 1}, 2}));
  EXPECT_EQ(LiveTaps({32, 3, 1, {1, 1}}), AllTaps({32, 3, 1, {1, 1}}));
}

}  // namespace
}  // namespace adares
