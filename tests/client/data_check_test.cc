// Data that are missing are found before a trial fails for it.
#include "client/data_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/exit_code.h"
#include "client/problem.h"
#include "core/dataset_table.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::client {
namespace {

using testing::AllOf;
using testing::HasSubstr;

SweepPlan PlanWith(Dataset dataset) {
  SweepPlan plan;
  plan.variants.resize(2);
  plan.variants[1].spec.data.dataset = dataset;
  return plan;
}

class DataCheckTest : public testing::Test {
 protected:
  void Write(const std::string& file) const { fixtures::WriteTextFile(folder_ / file, ""); }

  fixtures::TempFolder folder_;
};

TEST_F(DataCheckTest, SyntheticDataNeedNothing) {
  EXPECT_TRUE(CheckData(PlanWith(Dataset::kSynthetic), "").ok());
}

TEST_F(DataCheckTest, OtherDataNeedAFolder) {
  const absl::Status status = CheckData(PlanWith(Dataset::kMnist), "");
  EXPECT_EQ(ExitCodeFor(status), ExitCode::kUsage);
  EXPECT_THAT(DescribeProblem(status, {}).hint,
              AllOf(HasSubstr("--data DIR or ADARES_DATA_DIR"),
                    HasSubstr("`adares data fetch mnist --data DIR` fills it")));
}

TEST_F(DataCheckTest, AFolderOfPicturesMustBeThere) {
  SweepPlan plan = PlanWith(Dataset::kFolder);
  plan.variants[1].spec.data.folder = "svhn";
  EXPECT_THAT(DescribeProblem(CheckData(plan, folder_.path()), {}).what,
              HasSubstr("needs the folder svhn/train with a folder of PNG files for each class, "
                        "and it is not in " +
                        folder_.path()));
  Write("svhn/train/1/a.png");
  EXPECT_TRUE(CheckData(plan, folder_.path()).ok());
}

TEST_F(DataCheckTest, EveryFileMustBeThere) {
  for (const Dataset dataset : {Dataset::kMnist, Dataset::kCifar10}) {
    const std::vector<std::string> files = FilesOfDataset(dataset);
    for (const std::string& file : files) {
      const absl::Status status = CheckData(PlanWith(dataset), folder_.path());
      EXPECT_THAT(DescribeProblem(status, {}).what,
                  AllOf(HasSubstr("not in " + folder_.path()), HasSubstr(file)));
      Write(file);
    }
    EXPECT_TRUE(CheckData(PlanWith(dataset), folder_.path()).ok());
  }
}

TEST_F(DataCheckTest, OnlyWhatIsMissingIsNamed) {
  Write("mnist/train-images-idx3-ubyte");
  const Problem problem = DescribeProblem(CheckData(PlanWith(Dataset::kMnist), folder_.path()), {});
  EXPECT_EQ(problem.what, "this sweep needs files that are not in " + folder_.path() +
                              ": mnist/train-labels-idx1-ubyte, mnist/t10k-images-idx3-ubyte, "
                              "mnist/t10k-labels-idx1-ubyte");
  EXPECT_EQ(problem.hint, "`adares data fetch mnist --data " + folder_.path() +
                              "` brings them; or name with --data the folder that holds mnist/");
}

TEST_F(DataCheckTest, PackedFilesAreToBeUnpacked) {
  for (const std::string& file : FilesOfDataset(Dataset::kMnist)) Write(file + ".gz");
  const absl::Status status = CheckData(PlanWith(Dataset::kMnist), folder_.path());
  EXPECT_EQ(DescribeProblem(status, {}).hint,
            "unpack what ends in .gz: gunzip " + folder_.path() + "/mnist/*.gz");
}

}  // namespace
}  // namespace adares::client
