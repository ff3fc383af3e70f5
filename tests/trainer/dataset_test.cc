// The seeded division into training, validation and test, and loading by name.
#include "worker/trainer/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/dataset_table.h"
#include "worker/trainer/synthetic.h"

namespace adares {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Lt;

TrialSpec Sizes(int64_t train, int64_t validation, int64_t test, int64_t seed = 1) {
  TrialSpec spec;
  spec.data.train_size = train;
  spec.data.validation_size = validation;
  spec.data.test_size = test;
  spec.train.batch_size = 8;
  spec.seed = seed;
  return spec;
}

class SplitDataTest : public testing::Test {
 protected:
  const ImageData data_ = MakeSynthetic({100, 20});
};

TEST_F(SplitDataTest, TrainingAndValidationAreDisjointAndCoverAll) {
  const auto split = SplitData(Sizes(0, 30, 0), data_);
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->train.size(), 70u);
  EXPECT_EQ(split->validation.size(), 30u);
  EXPECT_EQ(split->test.size(), 20u);
  std::set<uint32_t> all(split->train.begin(), split->train.end());
  all.insert(split->validation.begin(), split->validation.end());
  EXPECT_EQ(all.size(), 100u);
  EXPECT_THAT(all, Each(Lt(100u)));
}

TEST_F(SplitDataTest, SubsetsHaveTheWantedSizes) {
  const auto split = SplitData(Sizes(40, 30, 3), data_);
  ASSERT_TRUE(split.ok()) << split.status();
  std::set<uint32_t> all(split->train.begin(), split->train.end());
  all.insert(split->validation.begin(), split->validation.end());
  EXPECT_EQ(all.size(), 70u);
  EXPECT_THAT(split->test, ElementsAre(0, 1, 2));
}

TEST_F(SplitDataTest, SeedDecides) {
  const auto validation = [this](int64_t seed) {
    return SplitData(Sizes(0, 30, 0, seed), data_)->validation;
  };
  EXPECT_EQ(validation(7), validation(7));
  EXPECT_NE(validation(7), validation(8));
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

TEST(LoadDatasetTest, FilesWithoutFolderNameTheWayOut) {
  const auto data = LoadDataset(Dataset::kMnist, "");
  EXPECT_EQ(data.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(data.status().message()),
              AllOf(HasSubstr("mnist"), HasSubstr("ADARES_DATA_DIR")));
}

TEST(LoadDatasetTest, FilesAreSoughtWhereTheTableSays) {
  for (const Dataset dataset : {Dataset::kMnist, Dataset::kCifar10}) {
    const auto data = LoadDataset(dataset, "nowhere");
    EXPECT_THAT(std::string(data.status().message()),
                HasSubstr("nowhere/" + FilesOfDataset(dataset).front()));
  }
}

}  // namespace
}  // namespace adares
