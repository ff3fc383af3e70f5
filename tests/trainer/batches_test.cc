// Batches: values, layout, and what cropping and mirroring do to a picture.
#include "worker/trainer/batches.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "worker/trainer/decoded_images.h"

namespace adares {
namespace {

// Two 3x4 pictures of two channels; a byte tells its picture, row, column and channel.
uint8_t Byte(int64_t picture, int64_t y, int64_t x, int64_t c) {
  return static_cast<uint8_t>(100 * picture + 20 * y + 4 * x + c + 10);
}

DecodedPart Pictures() {
  DecodedPart part;
  part.labels = {7, 3};
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t y = 0; y < 3; ++y) {
      for (int64_t x = 0; x < 4; ++x) {
        for (int64_t c = 0; c < 2; ++c) part.pixels.push_back(Byte(i, y, x, c));
      }
    }
  }
  return part;
}

constexpr ChannelStatistics kStatistics{{0.5f, 0.25f}, {0.2f, 0.1f}};

float Normalised(int64_t byte, int64_t c) {
  const auto channel = static_cast<size_t>(c);
  return (static_cast<float>(byte) / 255.0f - kStatistics.mean[channel]) / kStatistics.sd[channel];
}

class BatchMakerTest : public testing::Test {
 protected:
  const DecodedPart pictures_ = Pictures();
  const ImageSet set_{{2, 3, 4}, pictures_.pixels, pictures_.labels};
  const BatchMaker maker_{set_, kStatistics};
};

TEST_F(BatchMakerTest, GathersNormalisesAndKeepsChannelsLast) {
  const std::vector<uint32_t> indices{1, 0};
  const Batch batch = maker_.Make(indices);
  EXPECT_EQ(batch.size, 2);
  EXPECT_EQ(batch.images.sizes(), (std::vector<int64_t>{2, 2, 3, 4}));
  EXPECT_TRUE(batch.images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(batch.labels[0].item<int64_t>(), 3);
  EXPECT_EQ(batch.labels[1].item<int64_t>(), 7);
  for (int64_t y = 0; y < 3; ++y) {
    for (int64_t x = 0; x < 4; ++x) {
      for (int64_t c = 0; c < 2; ++c) {
        EXPECT_EQ(batch.images[0][c][y][x].item<float>(), Normalised(Byte(1, y, x, c), c));
      }
    }
  }
}

TEST_F(BatchMakerTest, MovedPictureIsBlackOutside) {
  const std::vector<uint32_t> indices{0};
  const std::vector<Placement> placements{{1, -2, false}};
  const torch::Tensor picture = maker_.Make(indices, placements).images[0];
  EXPECT_EQ(picture[0][0][2].item<float>(), Normalised(Byte(0, 1, 0, 0), 0));
  EXPECT_EQ(picture[1][1][3].item<float>(), Normalised(Byte(0, 2, 1, 1), 1));
  EXPECT_EQ(picture[1][0][1].item<float>(), Normalised(0, 1));  // left of the picture
  EXPECT_EQ(picture[0][2][3].item<float>(), Normalised(0, 0));  // below it
}

// Before the first picture and after the last there are no bytes to read.
TEST_F(BatchMakerTest, PictureMovedOutOfSightIsBlackAllOver) {
  const std::vector<uint32_t> indices{0, 1};
  const std::vector<Placement> placements{{-4, -4, false}, {4, 4, true}};
  const Batch batch = maker_.Make(indices, placements);
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t c = 0; c < 2; ++c) {
      EXPECT_TRUE((batch.images[i][c] == Normalised(0, c)).all().item<bool>());
    }
  }
}

TEST_F(BatchMakerTest, MirroredPictureRunsBackwards) {
  const std::vector<uint32_t> indices{0};
  const std::vector<Placement> placements{{0, 0, true}};
  const torch::Tensor picture = maker_.Make(indices, placements).images[0];
  for (int64_t x = 0; x < 4; ++x) {
    EXPECT_EQ(picture[1][2][x].item<float>(), Normalised(Byte(0, 2, 3 - x, 1), 1));
  }
}

// Whether each of the 3x4 pixels is 0 in both channels; no pixel of the picture is.
std::vector<std::vector<int>> Zeros(const torch::Tensor& picture) {
  std::vector<std::vector<int>> zeros(3, std::vector<int>(4));
  for (int64_t y = 0; y < 3; ++y) {
    for (int64_t x = 0; x < 4; ++x) {
      zeros[static_cast<size_t>(y)][static_cast<size_t>(x)] =
          picture.select(1, y).select(1, x).eq(0).all().item<bool>() ? 1 : 0;
    }
  }
  return zeros;
}

using Rows = std::vector<std::vector<int>>;

TEST_F(BatchMakerTest, HolesAreZeroAroundTheirPixelAndCutAtTheBorder) {
  const std::vector<uint32_t> indices{0, 1, 0, 1};
  const std::vector<Placement> placements{
      {.hole_side = 2, .hole_row = 1, .hole_column = 3},
      {.hole_side = 3, .hole_row = 0, .hole_column = 0},
      {.hole_side = 1, .hole_row = 2, .hole_column = 2},
      {.hole_side = 40, .hole_row = 1, .hole_column = 1},
  };
  const torch::Tensor images = maker_.Make(indices, placements).images;
  EXPECT_EQ(Zeros(images[0]), (Rows{{0, 0, 1, 1}, {0, 0, 1, 1}, {0, 0, 0, 0}}));
  EXPECT_EQ(Zeros(images[1]), (Rows{{1, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 0, 0}}));
  EXPECT_EQ(Zeros(images[2]), (Rows{{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 1, 0}}));
  EXPECT_EQ(Zeros(images[3]), (Rows{{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}}));
}

// What the picture shows beside the hole stays as it was moved.
TEST_F(BatchMakerTest, HolesAreCutIntoTheMovedPicture) {
  const std::vector<uint32_t> indices{0};
  const std::vector<Placement> placements{
      {.mirrored = true, .hole_side = 1, .hole_row = 0, .hole_column = 0}};
  const torch::Tensor picture = maker_.Make(indices, placements).images[0];
  EXPECT_EQ(Zeros(picture), (Rows{{1, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}));
  EXPECT_EQ(picture[0][0][1].item<float>(), Normalised(Byte(0, 0, 2, 0), 0));
}

DataSpec Spec(Augment augment, int64_t cutout = 0) {
  DataSpec spec;
  spec.augment = augment;
  spec.cutout = cutout;
  return spec;
}

std::vector<Placement> Draw(const DataSpec& spec, size_t count, Random& random) {
  return DrawPlacements(spec, {3, 5, 7}, count, random);
}

TEST(DrawPlacementsTest, CropReachesEveryPlaceAndFlipBothSides) {
  Random random(1, RandomStream::kAugmentation);
  std::set<std::pair<int, int>> places;
  int mirrored = 0;
  for (const Placement& placement : Draw(Spec(Augment::kCropFlip), 4000, random)) {
    places.insert({placement.down, placement.right});
    mirrored += placement.mirrored ? 1 : 0;
  }
  EXPECT_EQ(places.size(), 81u);
  EXPECT_EQ(*places.begin(), std::make_pair(-4, -4));
  EXPECT_EQ(*places.rbegin(), std::make_pair(4, 4));
  EXPECT_NEAR(mirrored, 2000, 200);
}

TEST(DrawPlacementsTest, HolesLieAroundAnyPixelEquallyOften) {
  Random random(1, RandomStream::kAugmentation);
  std::map<std::pair<int64_t, int64_t>, int> counts;
  for (const Placement& placement : Draw(Spec(Augment::kNone, 3), 35'000, random)) {
    EXPECT_EQ(placement.hole_side, 3);
    ++counts[{placement.hole_row, placement.hole_column}];
  }
  EXPECT_EQ(counts.size(), 35u);
  for (const auto& [pixel, count] : counts) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(counts.rbegin()->first, std::make_pair(int64_t{4}, int64_t{6}));
}

// Whatever is chosen, the same numbers are drawn.
TEST(DrawPlacementsTest, ChoicesDoNotShiftEachOther) {
  const auto next_after = [](const DataSpec& spec) {
    Random random(1, RandomStream::kAugmentation);
    const Placement last = Draw(spec, 10, random).back();
    return std::make_tuple(random.Next(), last.hole_row, last.hole_column);
  };
  const auto expected = next_after(Spec(Augment::kNone));
  EXPECT_EQ(next_after(Spec(Augment::kCropFlip)), expected);
  EXPECT_EQ(next_after(Spec(Augment::kFlip, 4)), expected);
  Random with(1, RandomStream::kAugmentation);
  Random without(1, RandomStream::kAugmentation);
  const auto cut = Draw(Spec(Augment::kCrop, 2), 10, with);
  const auto whole = Draw(Spec(Augment::kCrop), 10, without);
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(cut[i].down, whole[i].down);
    EXPECT_EQ(cut[i].right, whole[i].right);
    EXPECT_EQ(whole[i].hole_side, 0);
  }
}

TEST(DrawPlacementsTest, EachKindDoesOnlyItsPart) {
  const auto moves = [](Augment augment) {
    Random random(1, RandomStream::kAugmentation);
    std::pair<bool, bool> result{false, false};  // moved, mirrored
    for (const Placement& placement : Draw(Spec(augment), 100, random)) {
      result.first |= placement.down != 0 || placement.right != 0;
      result.second |= placement.mirrored;
    }
    return result;
  };
  EXPECT_EQ(moves(Augment::kNone), std::make_pair(false, false));
  EXPECT_EQ(moves(Augment::kCrop), std::make_pair(true, false));
  EXPECT_EQ(moves(Augment::kFlip), std::make_pair(false, true));
  EXPECT_EQ(moves(Augment::kCropFlip), std::make_pair(true, true));
}

}  // namespace
}  // namespace adares
