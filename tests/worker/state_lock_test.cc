#include "worker/agent/state_lock.h"

#include <gmock/gmock.h>

#include <fstream>
#include <optional>

#include "tests/fixtures/temp_folder.h"

namespace adares::worker {
namespace {

using ::testing::HasSubstr;

TEST(StateLockTest, SecondHolderIsRefusedUntilTheFirstIsGone) {
  fixtures::TempFolder folder;
  const std::filesystem::path state = folder / "new/state";
  std::optional<StateLock> first = StateLock::Acquire(state).value();
  const auto second = StateLock::Acquire(state);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("--state"));
  first.reset();
  EXPECT_TRUE(StateLock::Acquire(state).ok());
}

TEST(StateLockTest, FolderThatCannotBeMadeIsNamed) {
  fixtures::TempFolder folder;
  std::ofstream(folder / "file") << "";
  const auto lock = StateLock::Acquire(folder / "file/state");
  ASSERT_FALSE(lock.ok());
  EXPECT_THAT(std::string(lock.status().message()), HasSubstr("file/state"));
}

}  // namespace
}  // namespace adares::worker
