// Batches of the device's operations, here on the CPU, beside those of the CPU's own loops.
#include "worker/trainer/device_batches.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/trainer/drawn_pictures.h"
#include "worker/trainer/device_pixels.h"

namespace adares {
namespace {

using torch::Tensor;

class DeviceBatchesTest : public testing::TestWithParam<ImageShape> {
 protected:
  Batch OnHost(std::span<const Placement> placements) const {
    return BatchMaker(pictures_.set(), kDrawnStatistics).Make(indices_, placements);
  }
  Batch OnDevice(std::span<const Placement> placements, bool holes) {
    const DeviceBatchMaker maker(pictures_.set(), kDrawnStatistics,
                                 pixels_.Of(pictures_.set(), torch::kCPU), holes);
    return maker.Make(RowsOf(indices_, placements));
  }
  void ExpectSameBits(const Batch& batch, const Batch& expected) {
    EXPECT_EQ(batch.size, expected.size);
    EXPECT_TRUE(torch::equal(batch.labels, expected.labels));
    EXPECT_TRUE(torch::equal(batch.images, expected.images));
    EXPECT_EQ(batch.images.strides(), expected.images.strides());
    EXPECT_EQ(batch.images.scalar_type(), torch::kFloat32);
  }

  const DrawnPictures pictures_{GetParam(), 40};
  const std::vector<uint32_t> indices_{3, 39, 0, 17, 3, 21, 38, 8, 1};
  DevicePixels pixels_;
};

TEST_P(DeviceBatchesTest, AllAugmentationsGiveTheHostsBits) {
  for (const Augment augment :
       {Augment::kNone, Augment::kCrop, Augment::kFlip, Augment::kCropFlip}) {
    for (const int64_t cutout : {0, 1, 4, 5}) {
      DataSpec spec;
      spec.augment = augment;
      spec.cutout = cutout;
      Random random(7, RandomStream::kAugmentation);
      const std::vector<Placement> placements =
          DrawPlacements(spec, GetParam(), indices_.size(), random);
      const Batch expected = OnHost(placements);
      ExpectSameBits(OnDevice(placements, cutout > 0), expected);
      const bool changed = augment != Augment::kNone || cutout > 0;
      EXPECT_EQ(torch::equal(expected.images, OnHost(std::vector<Placement>(9)).images), !changed);
    }
  }
}

TEST_P(DeviceBatchesTest, PicturesMovedOutOfSightAreBlackOnBoth) {
  const int far = static_cast<int>(GetParam().height + GetParam().width);
  std::vector<Placement> placements(indices_.size());
  for (size_t i = 0; i < placements.size(); ++i) {
    placements[i] = {i % 2 == 0 ? far : -far, i % 3 == 0 ? far : 0, i % 2 == 1};
  }
  ExpectSameBits(OnDevice(placements, false), OnHost(placements));
}

TEST_P(DeviceBatchesTest, PicturesAsTheyAreComeWithoutPlacements) {
  const DeviceBatchMaker maker(pictures_.set(), kDrawnStatistics,
                               pixels_.Of(pictures_.set(), torch::kCPU), false);
  ExpectSameBits(maker.Make(RowsOf(indices_)),
                 BatchMaker(pictures_.set(), kDrawnStatistics).Make(indices_));
}

INSTANTIATE_TEST_SUITE_P(Shapes, DeviceBatchesTest,
                         testing::Values(ImageShape{1, 28, 28}, ImageShape{3, 32, 32},
                                         ImageShape{2, 3, 4}, ImageShape{3, 8, 19}));

TEST(DevicePixelsTest, PicturesOfOneMemoryAreCopiedOnce) {
  const DrawnPictures pictures({3, 8, 8}, 5);
  const DrawnPictures others({3, 8, 8}, 6);
  DevicePixels pixels;
  const Tensor first = pixels.Of(pictures.set(), torch::kCPU);
  std::vector<uint16_t> labels(5, 1);  // another trial's
  ImageSet again = pictures.set();
  again.labels = labels;
  EXPECT_TRUE(pixels.Of(again, torch::kCPU).is_same(first));
  EXPECT_FALSE(pixels.Of(others.set(), torch::kCPU).is_same(first));
  EXPECT_EQ(first.sizes(), (std::vector<int64_t>{5 * 8 * 8 + 1, 3}));
  EXPECT_EQ(first[-1].sum().item<int64_t>(), 0);
  pixels.Clear();
  EXPECT_FALSE(pixels.Of(pictures.set(), torch::kCPU).is_same(first));
}

}  // namespace
}  // namespace adares
