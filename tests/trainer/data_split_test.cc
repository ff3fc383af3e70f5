// The seeded division into training, validation and test, and wrong labels.
#include "worker/trainer/data_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "worker/trainer/decoded_images.h"
#include "worker/trainer/synthetic.h"

namespace adares {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Lt;

TrialSpec Sizes(int64_t train, int64_t validation, int64_t test, int64_t seed = 1) {
  TrialSpec spec;
  spec.data.train_size = train;
  spec.data.validation_size = validation;
  spec.data.test_size = test;
  spec.train.batch_size = 2;
  spec.seed = seed;
  return spec;
}

// How many of each class; `labels` are those of the training set.
std::vector<int64_t> Counts(const std::vector<uint32_t>& indices, const ImageData& data) {
  std::vector<int64_t> counts(static_cast<size_t>(data.classes));
  for (const uint32_t index : indices) ++counts[data.train.labels[index]];
  return counts;
}

bool Contains(const std::vector<uint32_t>& large, const std::vector<uint32_t>& small) {
  return std::includes(large.begin(), large.end(), small.begin(), small.end());
}

// One pixel a picture.
ImageData OfClasses(const std::vector<int>& sizes) {
  DecodedData data{{1, 1, 1}, static_cast<int64_t>(sizes.size()), {}, {{0}, {0}}, {}};
  for (size_t c = 0; c < sizes.size(); ++c) {
    data.train.labels.insert(data.train.labels.end(), static_cast<size_t>(sizes[c]),
                             static_cast<uint16_t>(c));
  }
  data.train.pixels.resize(data.train.labels.size());
  return KeepInMemory(std::move(data));
}

class SplitDataTest : public testing::Test {
 protected:
  DataSplit Split(const TrialSpec& spec) const {
    auto split = SplitData(spec, data_);
    EXPECT_TRUE(split.ok()) << split.status();
    return split.ok() ? *std::move(split) : DataSplit{};
  }

  const ImageData data_ = KeepInMemory(MakeSynthetic({100, 20}));
};

TEST_F(SplitDataTest, TrainingAndValidationAreDisjointAndCoverAll) {
  const DataSplit split = Split(Sizes(0, 30, 0));
  EXPECT_EQ(split.train.size(), 70u);
  EXPECT_EQ(split.validation.size(), 30u);
  EXPECT_EQ(split.test.size(), 20u);
  std::set<uint32_t> all(split.train.begin(), split.train.end());
  all.insert(split.validation.begin(), split.validation.end());
  EXPECT_EQ(all.size(), 100u);
  EXPECT_THAT(all, Each(Lt(100u)));
}

TEST_F(SplitDataTest, SubsetsHaveTheWantedSizes) {
  const DataSplit split = Split(Sizes(40, 30, 3));
  std::set<uint32_t> all(split.train.begin(), split.train.end());
  all.insert(split.validation.begin(), split.validation.end());
  EXPECT_EQ(all.size(), 70u);
  EXPECT_THAT(split.test, ElementsAre(0, 1, 2));
}

TEST_F(SplitDataTest, NothingHeldOutLeavesEverything) {
  const DataSplit split = Split(Sizes(0, 0, 0));
  EXPECT_THAT(split.validation, IsEmpty());
  EXPECT_EQ(split.train.size(), 100u);
}

TEST_F(SplitDataTest, SeedDecides) {
  EXPECT_EQ(Split(Sizes(0, 30, 0, 7)).validation, Split(Sizes(0, 30, 0, 7)).validation);
  EXPECT_NE(Split(Sizes(0, 30, 0, 7)).validation, Split(Sizes(0, 30, 0, 8)).validation);
  EXPECT_NE(Split(Sizes(40, 0, 0, 7)).train, Split(Sizes(40, 0, 0, 8)).train);
}

// Results are comparable between machines only as long as these pictures stay. Computed by a
// program of its own in another language.
TEST_F(SplitDataTest, IsTheSameOnEveryMachine) {
  TrialSpec spec = Sizes(7, 11, 0, 42);
  spec.data.label_noise = 0.5;
  const DataSplit split = Split(spec);
  EXPECT_THAT(split.validation, ElementsAre(11, 24, 25, 36, 48, 52, 73, 79, 87, 90, 99));
  EXPECT_THAT(split.train, ElementsAre(1, 2, 4, 65, 78, 80, 96));
  std::vector<uint16_t> labels;
  for (const uint32_t index : split.train) labels.push_back(split.train_labels[index]);
  EXPECT_THAT(labels, ElementsAre(4, 8, 4, 5, 6, 0, 6));
}

TEST_F(SplitDataTest, ClassesAreHeldOutAlike) {
  for (const int64_t seed : {1, 2, 3}) {
    EXPECT_THAT(Counts(Split(Sizes(40, 30, 0, seed)).validation, data_), Each(3));
    EXPECT_THAT(Counts(Split(Sizes(40, 30, 0, seed)).train, data_), Each(4));
  }
  // Five classes have one more, by the seed.
  std::set<std::vector<int64_t>> seen;
  for (int64_t seed = 0; seed < 20; ++seed) {
    std::vector<int64_t> counts = Counts(Split(Sizes(40, 35, 0, seed)).validation, data_);
    seen.insert(counts);
    std::sort(counts.begin(), counts.end());
    EXPECT_THAT(counts, ElementsAre(3, 3, 3, 3, 3, 4, 4, 4, 4, 4));
  }
  EXPECT_GT(seen.size(), 10u);
}

// Shares of 10: 5.2, 2.6 and 2.2, by the largest remainder 5, 3 and 2. Of the 40 that are left, 21,
// 10 and 9, 12 are 6.3, 3.0 and 2.7: 6, 3 and 3.
TEST(SplitSharesTest, UnequalClassesGetTheirSharesByLargestRemainders) {
  const ImageData data = OfClasses({26, 13, 11});
  const auto split = SplitData(Sizes(12, 10, 0), data);
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_THAT(Counts(split->validation, data), ElementsAre(5, 3, 2));
  EXPECT_THAT(Counts(split->train, data), ElementsAre(6, 3, 3));
}

// No class gives more than it has, whatever is asked for.
TEST(SplitSharesTest, AllSizesOfSmallClassesCanBeDivided) {
  const ImageData data = OfClasses({1, 1, 2, 9, 30});
  for (int64_t validation = 0; validation <= 41; ++validation) {
    for (int64_t train = 2; train + validation <= 43; ++train) {
      const auto split = SplitData(Sizes(train, validation, 0), data);
      ASSERT_TRUE(split.ok()) << split.status();
      std::set<uint32_t> all(split->train.begin(), split->train.end());
      all.insert(split->validation.begin(), split->validation.end());
      ASSERT_EQ(all.size(), static_cast<size_t>(train + validation));
    }
  }
}

TEST_F(SplitDataTest, SmallerPartsAreInsideLargerOnes) {
  DataSplit last = Split(Sizes(2, 0, 0));
  for (int64_t size = 3; size <= 100; ++size) {
    DataSplit next = Split(Sizes(size, 0, 0));
    EXPECT_TRUE(Contains(next.train, last.train)) << size;
    last = std::move(next);
  }
  EXPECT_TRUE(Contains(Split(Sizes(2, 60, 0)).validation, Split(Sizes(2, 17, 0)).validation));
}

TEST_F(SplitDataTest, WhatIsTrainedOnDoesNotHangOnWhatIsHeldOut) {
  EXPECT_EQ(Split(Sizes(40, 0, 0)).train, Split(Sizes(40, 60, 0)).train);
  EXPECT_EQ(Split(Sizes(43, 0, 0)).train, Split(Sizes(43, 50, 0)).train);
}

// What is left of the classes has two sizes then.
TEST_F(SplitDataTest, HoldingOutUnlikeCountsExchangesAtMostOnePictureOfAClass) {
  for (const int64_t held_out : {3, 17, 58}) {
    const std::vector<uint32_t> plain = Split(Sizes(42, 0, 0)).train;
    const std::vector<uint32_t> other = Split(Sizes(42, held_out, 0)).train;
    std::vector<uint32_t> gone;
    std::set_difference(plain.begin(), plain.end(), other.begin(), other.end(),
                        std::back_inserter(gone));
    std::set<uint16_t> classes;
    for (const uint32_t index : gone) classes.insert(data_.train.labels[index]);
    EXPECT_EQ(classes.size(), gone.size()) << held_out;
  }
}

TEST_F(SplitDataTest, FractionIsOfWhatIsNotHeldOut) {
  TrialSpec spec = Sizes(0, 20, 0);
  spec.data.train_fraction = 0.25;
  EXPECT_EQ(Split(spec).train, Split(Sizes(20, 20, 0)).train);
}

TEST_F(SplitDataTest, SizesThatDoNotFitAreNamed) {
  const auto too_many = SplitData(Sizes(80, 30, 0), data_);
  EXPECT_EQ(too_many.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(too_many.status().message()),
              AllOf(HasSubstr("80"), HasSubstr("30"), HasSubstr("100")));
  const auto nothing_left = SplitData(Sizes(0, 100, 0), data_);
  EXPECT_THAT(std::string(nothing_left.status().message()), HasSubstr("validation_size 100"));
  const auto test = SplitData(Sizes(0, 30, 21), data_);
  EXPECT_THAT(std::string(test.status().message()),
              AllOf(HasSubstr("21"), HasSubstr("20 test examples")));
}

class LabelNoiseTest : public SplitDataTest {
 protected:
  static TrialSpec Noisy(double share, int64_t seed = 1) {
    TrialSpec spec = Sizes(50, 30, 0, seed);
    spec.data.label_noise = share;
    return spec;
  }
  // Indices of pictures whose labels are not those of the data set.
  std::vector<uint32_t> Wrong(const DataSplit& split) const {
    std::vector<uint32_t> wrong;
    for (uint32_t i = 0; i < split.train_labels.size(); ++i) {
      if (split.train_labels[i] != data_.train.labels[i]) wrong.push_back(i);
    }
    return wrong;
  }
};

TEST_F(LabelNoiseTest, ExactlyTheShareOfTheTrainingExamplesIsWrong) {
  for (const auto& [share, expected] : std::map<double, int64_t>{
           {0, 0}, {0.01, 0}, {0.02, 1}, {0.14, 7}, {0.199, 9}, {0.58, 29}, {0.99, 49}}) {
    const DataSplit split = Split(Noisy(share));
    EXPECT_EQ(split.noisy_labels, expected) << share;
    const std::vector<uint32_t> wrong = Wrong(split);
    EXPECT_EQ(std::ssize(wrong), expected) << share;
    EXPECT_TRUE(Contains(split.train, wrong)) << "validation keeps its labels";
  }
}

TEST_F(LabelNoiseTest, NothingElseShifts) {
  const DataSplit clean = Split(Noisy(0));
  const DataSplit noisy = Split(Noisy(0.5));
  EXPECT_EQ(clean.train, noisy.train);
  EXPECT_EQ(clean.validation, noisy.validation);
}

TEST_F(LabelNoiseTest, SeedDecidesAndLargerSharesKeepTheSmaller) {
  const DataSplit some = Split(Noisy(0.2));
  EXPECT_EQ(some.train_labels, Split(Noisy(0.2)).train_labels);
  EXPECT_NE(some.train_labels, Split(Noisy(0.2, 2)).train_labels);
  const DataSplit more = Split(Noisy(0.6));
  for (const uint32_t index : Wrong(some)) {
    EXPECT_EQ(more.train_labels[index], some.train_labels[index]);
  }
}

TEST(LabelNoiseSharesTest, OtherClassesAreEquallyLikely) {
  const ImageData data = OfClasses({1, 1, 1, 9000});
  TrialSpec spec = Sizes(0, 0, 0);
  spec.data.label_noise = 0.9997;
  const auto split = SplitData(spec, data);
  ASSERT_TRUE(split.ok()) << split.status();
  std::vector<int> counts(4);
  for (size_t i = 3; i < 9003; ++i) ++counts[split->train_labels[i]];
  EXPECT_LE(counts[3], 3);
  for (const int other : {0, 1, 2}) EXPECT_NEAR(counts[other], 3000, 200);
}

TEST(LabelNoiseSharesTest, TwoClassesChangePlaces) {
  const ImageData data = OfClasses({10, 10});
  TrialSpec spec = Sizes(0, 0, 0);
  spec.data.label_noise = 0.95;
  const auto split = SplitData(spec, data);
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_THAT(split->train_labels, Each(Lt(2)));
  EXPECT_EQ(split->noisy_labels, 19);
}

TEST_F(LabelNoiseTest, TrialSeesThePicturesWithTheSplitsLabels) {
  const TrialSpec spec = Noisy(0.5);
  const DataSplit split = Split(spec);
  const ImageData seen = DataOfTrial(spec.data, split, data_);
  EXPECT_EQ(seen.train.pixels.data(), data_.train.pixels.data());
  EXPECT_THAT(seen.train.labels, testing::ElementsAreArray(split.train_labels));
  EXPECT_EQ(seen.test.labels.data(), data_.test.labels.data());
  EXPECT_EQ(seen.statistics.mean, data_.statistics.mean);
}

TEST_F(SplitDataTest, PixelsThatAreNotNormalisedKeepTheirRange) {
  TrialSpec spec = Sizes(50, 30, 0);
  spec.data.normalise = false;
  const DataSplit split = Split(spec);
  const ImageData seen = DataOfTrial(spec.data, split, data_);
  EXPECT_THAT(seen.statistics.mean, Each(0.0f));
  EXPECT_THAT(seen.statistics.sd, Each(1.0f));
}

}  // namespace
}  // namespace adares
