// Which data sets a machine has.
#include "worker/agent/machine_data.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/fixtures/temp_folder.h"

namespace adares::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class MachineDataTest : public testing::Test {
 protected:
  void MakeFolder(const std::string& name) { std::filesystem::create_directories(folder_ / name); }

  fixtures::TempFolder folder_;
};

TEST_F(MachineDataTest, WhereNoFolderIsNamedOrNoneIsThereItHasNone) {
  EXPECT_THAT(DatasetsIn(""), IsEmpty());
  EXPECT_THAT(DatasetsIn(folder_ / "missing"), IsEmpty());
  EXPECT_THAT(DatasetsIn(folder_.path()), IsEmpty());
}

TEST_F(MachineDataTest, APublishedSetIsThereOnceAllOfItsFilesAre) {
  const std::string mnist = folder_ / "mnist/";
  for (const char* file :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"}) {
    fixtures::WriteTextFile(mnist + file, "");
  }
  EXPECT_THAT(DatasetsIn(folder_.path()), IsEmpty());
  fixtures::WriteTextFile(mnist + "t10k-labels-idx1-ubyte", "");
  EXPECT_THAT(DatasetsIn(folder_.path()), ElementsAre("mnist"));
}

TEST_F(MachineDataTest, AFolderWithAPartToTrainOnIsASet) {
  MakeFolder("flowers/train");
  MakeFolder("papers/notes");
  EXPECT_THAT(DatasetsIn(folder_.path()), ElementsAre("folder/flowers"));
}

// Protobuf refuses the whole message, and with it the worker.
TEST_F(MachineDataTest, AFolderWhoseNameNoMessageCanCarryIsLeftOut) {
  MakeFolder("caf\xe9/train");
  MakeFolder("caf\xc3\xa9/train");
  EXPECT_THAT(DatasetsIn(folder_.path()), ElementsAre("folder/caf\xc3\xa9"));
}

}  // namespace
}  // namespace adares::worker
