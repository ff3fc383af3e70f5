// What counts as another file.
#include "worker/trainer/source_key.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <set>
#include <string>

#include "tests/fixtures/temp_folder.h"

namespace adares {
namespace {

TEST(SourceKeyTest, NamesSizesAndTimesCount) {
  const fixtures::TempFolder folder;
  const std::string a = folder / "a";
  const std::string b = folder / "b";
  fixtures::WriteTextFile(a, "one");
  const std::string first = SourceKey({a});
  EXPECT_EQ(first.size(), 64u);
  EXPECT_EQ(SourceKey({a}), first);
  std::set<std::string> keys{first, SourceKey({a, b}), SourceKey({b, a}), SourceKey({})};
  fixtures::WriteTextFile(a, "four");
  keys.insert(SourceKey({a}));
  std::filesystem::rename(a, b);
  keys.insert(SourceKey({b}));
  EXPECT_EQ(keys.size(), 6u);
}

// As an archive unpacked again does it.
TEST(SourceKeyTest, OtherContentWithTheOldDateIsAnotherFile) {
  const fixtures::TempFolder folder;
  const std::string path = folder / "a";
  fixtures::WriteTextFile(path, "one");
  struct stat before {};
  ASSERT_EQ(stat(path.c_str(), &before), 0);
  const std::string key = SourceKey({path});
  fixtures::WriteTextFile(folder / "new", "two");
  const std::array<timespec, 2> times{before.st_atim, before.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, (folder / "new").c_str(), times.data(), 0), 0);
  std::filesystem::rename(folder / "new", path);
  struct stat after {};
  ASSERT_EQ(stat(path.c_str(), &after), 0);
  ASSERT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  if (after.st_ctim.tv_sec == before.st_ctim.tv_sec &&
      after.st_ctim.tv_nsec == before.st_ctim.tv_nsec) {
    GTEST_SKIP() << "the file system's clock did not move";
  }
  EXPECT_NE(SourceKey({path}), key);
}

}  // namespace
}  // namespace adares
