// Which start of the worker this is.
#include "worker/agent/instance.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/fixtures/temp_folder.h"

namespace adares::worker {
namespace {

class InstanceTest : public testing::Test {
 protected:
  void Note(const std::string& text) { std::ofstream(file_) << text; }

  fixtures::TempFolder folder_;
  const std::string file_ = folder_ / "instance";
};

TEST_F(InstanceTest, EachStartKnowsTheOneBefore) {
  const Instance first = BeginInstance(folder_.path());
  EXPECT_EQ(first.own.size(), 32u);
  EXPECT_EQ(first.previous, "");
  const Instance second = BeginInstance(folder_.path());
  EXPECT_NE(second.own, first.own);
  EXPECT_EQ(second.previous, first.own);
  EXPECT_EQ(BeginInstance(folder_.path()).previous, second.own);
}

TEST_F(InstanceTest, AFileThatIsNoneCountsAsNone) {
  for (const std::string text : {"", "\n", "0123", "..//..//..//..//..//..//etc/passwd...\n",
                                 "0123456789abcdef0123456789abcdef0\n"}) {
    Note(text);
    EXPECT_EQ(BeginInstance(folder_.path()).previous, "") << text;
    EXPECT_NE(BeginInstance(folder_.path()).previous, "") << "and is replaced";
  }
}

TEST_F(InstanceTest, AStartGoesOnWhereItCannotBeNoted) {
  std::filesystem::create_directories(file_ + ".new/full");
  EXPECT_EQ(BeginInstance(folder_.path()).own.size(), 32u);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

}  // namespace
}  // namespace adares::worker
