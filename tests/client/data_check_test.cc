// Data that are missing are found before a trial fails for it.
#include "client/data_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "client/exit_code.h"
#include "client/problem.h"

namespace adares::client {
namespace {

using testing::HasSubstr;

SweepPlan PlanWith(Dataset dataset) {
  SweepPlan plan;
  plan.variants.resize(2);
  plan.variants[1].spec.data.dataset = dataset;
  return plan;
}

class DataCheckTest : public testing::Test {
 protected:
  DataCheckTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "adares-data-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~DataCheckTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(DataCheckTest, SyntheticDataNeedNothing) {
  EXPECT_TRUE(CheckData(PlanWith(Dataset::kSynthetic), "").ok());
}

TEST_F(DataCheckTest, OtherDataNeedAFolder) {
  const absl::Status status = CheckData(PlanWith(Dataset::kMnist), "");
  EXPECT_EQ(ExitCodeFor(status), ExitCode::kUsage);
  EXPECT_THAT(DescribeProblem(status, "").hint, HasSubstr("--data DIR or ADARES_DATA_DIR"));
}

TEST_F(DataCheckTest, TheFolderMustHoldTheDataSet) {
  const absl::Status status = CheckData(PlanWith(Dataset::kCifar10), folder_);
  EXPECT_THAT(DescribeProblem(status, "").what, HasSubstr(folder_ + "/cifar-10-batches-bin"));
  std::filesystem::create_directory(folder_ + "/cifar-10-batches-bin");
  EXPECT_TRUE(CheckData(PlanWith(Dataset::kCifar10), folder_).ok());
}

}  // namespace
}  // namespace adares::client
