// One file for each data set, decoded once, whatever lies in the folder.
#include "worker/trainer/data_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fixtures/await.h"
#include "tests/fixtures/full_disk.h"
#include "tests/fixtures/temp_folder.h"
#include "worker/trainer/file_lock.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using fixtures::ReadTextFile;
using fixtures::WriteTextFile;
using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

class DataCacheTest : public testing::Test {
 protected:
  DataCacheTest() { WriteTextFile(file_, "x"); }

  // Pictures of the first byte of the file. Each decoding leaves a letter in `log_`.
  DataSource Source() const {
    const auto decode = [this]() -> absl::StatusOr<DecodedData> {
      std::ofstream(log_, std::ios::app) << 'd';
      const auto byte = static_cast<uint8_t>(ReadTextFile(file_).at(0));
      return DecodedData{{1, 64, 64},
                         2,
                         {std::vector<uint8_t>(8192, byte), {0, 1}},
                         {std::vector<uint8_t>(4096, byte), {1}},
                         {{0.5f}, {0.5f}}};
    };
    return {"pictures", {file_}, decode};
  }
  // The byte that all pictures of a new process' cache have; 0 where there is an error.
  int Get(const std::string& folder) const {
    const auto data = DataCache(folder).Get(Source());
    EXPECT_TRUE(data.ok()) << data.status();
    return data.ok() ? data->test.pixels[4095] : 0;
  }
  int Get() const { return Get(cache_); }
  size_t Decodings() const { return ReadTextFile(log_).size(); }
  // The file with the pictures; empty where there is none.
  std::string CacheFile() const {
    for (const auto& entry : fs::directory_iterator(cache_)) {
      if (entry.path().native().ends_with(".v1")) return entry.path();
    }
    return "";
  }

  fixtures::TempFolder folder_;
  const std::string file_ = folder_ / "source";
  const std::string log_ = folder_ / "log";
  const std::string cache_ = folder_ / "made/where/missing";
};

TEST_F(DataCacheTest, DecodesOnceForAllWhoCome) {
  EXPECT_EQ(Get(), 'x');
  EXPECT_EQ(Get(), 'x');
  EXPECT_EQ(Decodings(), 1u);
}

TEST_F(DataCacheTest, WhatAProcessHasIsNeitherReadNorCheckedAgain) {
  DataCache cache(cache_);
  const auto first = cache.Get(Source());
  ASSERT_TRUE(first.ok()) << first.status();
  fs::remove(CacheFile());
  const auto second = cache.Get(Source());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->train.pixels.data(), first->train.pixels.data());
  EXPECT_EQ(Decodings(), 1u);
}

TEST_F(DataCacheTest, AProcessSeesThatItsFilesChanged) {
  for (const std::string& folder : {cache_, std::string()}) {
    WriteTextFile(file_, "x");
    DataCache cache(folder);
    CaptureStderr();
    ASSERT_EQ(cache.Get(Source())->test.pixels[0], 'x');
    WriteTextFile(file_, "yy");
    EXPECT_EQ(cache.Get(Source())->test.pixels[0], 'y');
    GetCapturedStderr();
  }
}

TEST_F(DataCacheTest, ForgottenDataAreGivenBack) {
  DataCache cache("");
  CaptureStderr();
  const std::weak_ptr<const void> memory = cache.Get(Source())->memory;
  GetCapturedStderr();
  EXPECT_FALSE(memory.expired());
  cache.Forget();
  EXPECT_TRUE(memory.expired());
}

TEST_F(DataCacheTest, DataAreMappedAndNotInPlainMemory) {
  ASSERT_EQ(Get(), 'x');
  const auto data = DataCache(cache_).Get(Source());
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(ReadTextFile("/proc/self/maps"), HasSubstr(CacheFile()));
}

TEST_F(DataCacheTest, ChangedFilesAreDecodedAnewIntoTheSameFile) {
  ASSERT_EQ(Get(), 'x');
  const std::string first = CacheFile();
  WriteTextFile(file_, "yy");
  EXPECT_EQ(Get(), 'y');
  EXPECT_EQ(Get(), 'y');
  EXPECT_EQ(Decodings(), 2u);
  EXPECT_EQ(CacheFile(), first);
}

TEST_F(DataCacheTest, FilesElsewhereHaveACacheOfTheirOwn) {
  DataSource source = Source();
  ASSERT_EQ(Get(), 'x');
  source.files = {folder_ / "elsewhere"};
  EXPECT_TRUE(DataCache(cache_).Get(source).ok());
  EXPECT_EQ(Decodings(), 2u);
  EXPECT_EQ(Get(), 'x');
  EXPECT_EQ(Decodings(), 2u);
}

TEST_F(DataCacheTest, DamagedFileIsReplacedWithALine) {
  ASSERT_EQ(Get(), 'x');
  const std::string path = CacheFile();
  const std::string good = ReadTextFile(path);
  std::string flipped = good;
  flipped.back() ^= 1;
  size_t decodings = 1;
  for (const std::string& bad : {flipped, good.substr(0, good.size() / 2), std::string(),
                                 good + "x", std::string(5000, 'x')}) {
    WriteTextFile(path, bad);
    CaptureStderr();
    EXPECT_EQ(Get(), 'x');
    EXPECT_THAT(GetCapturedStderr(), HasSubstr("data: " + path + ": "));
    EXPECT_EQ(Decodings(), ++decodings);
    EXPECT_EQ(ReadTextFile(path), good);
  }
}

TEST_F(DataCacheTest, FileOfAnotherFormatIsReplaced) {
  ASSERT_EQ(Get(), 'x');
  const std::string good = ReadTextFile(CacheFile());
  std::string other = good;
  other[8] = 9;
  WriteTextFile(CacheFile(), other);
  EXPECT_EQ(Get(), 'x');
  EXPECT_EQ(Decodings(), 2u);
  EXPECT_EQ(ReadTextFile(CacheFile()), good);
}

TEST_F(DataCacheTest, LeftoversOfTheKilledAreRemoved) {
  ASSERT_EQ(Get(), 'x');
  const std::string leftover = CacheFile() + ".partial-1-0";
  const std::string other = cache_ + "/other.partial-1-0";
  WriteTextFile(leftover, "half");
  WriteTextFile(other, "half");
  WriteTextFile(file_, "yy");
  EXPECT_EQ(Get(), 'y');
  EXPECT_FALSE(fs::exists(leftover));
  EXPECT_TRUE(fs::exists(other));
}

// Root may write to read-only folders, but nobody makes a folder in a file.
TEST_F(DataCacheTest, FolderThatCannotBeWrittenCostsOneLine) {
  DataCache cache(file_ + "/cache");
  CaptureStderr();
  for (const char* text : {"x", "yy"}) {
    WriteTextFile(file_, text);
    const auto data = cache.Get(Source());
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(data->train.pixels[0], text[0]);
  }
  const std::string said = GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("data: decoded pictures are not shared: cannot create " + file_));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
  EXPECT_EQ(Decodings(), 2u);
}

TEST_F(DataCacheTest, NoFolderKeepsDataInMemory) {
  CaptureStderr();
  EXPECT_EQ(Get(""), 'x');
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("HOME"));
}

TEST_F(DataCacheTest, FullDiskLeavesNothingAndDataInMemory) {
  fs::create_directories(cache_);
  CaptureStderr();
  absl::StatusOr<ImageData> data;
  {
    const fixtures::FullDisk full;
    data = DataCache(cache_).Get(Source());
  }
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("File too large"));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.pixels[0], 'x');
  EXPECT_EQ(CacheFile(), "");
}

TEST_F(DataCacheTest, ReadOnlyCacheThatIsThereIsUsed) {
  ASSERT_EQ(Get(), 'x');
  fs::remove(CacheFile() + ".lock");
  fs::create_directory(CacheFile() + ".lock");  // cannot be opened for writing, even by root
  EXPECT_EQ(Get(), 'x');
  EXPECT_EQ(Decodings(), 1u);
}

TEST_F(DataCacheTest, FilesThatChangeAsTheyAreReadAreNotKept) {
  DataSource source = Source();
  source.decode = [this, decode = source.decode] {
    auto data = decode();
    WriteTextFile(file_, "longer");
    return data;
  };
  CaptureStderr();
  EXPECT_TRUE(DataCache(cache_).Get(source).ok());
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("changed as they were read"));
  EXPECT_EQ(CacheFile(), "");
}

TEST_F(DataCacheTest, ErrorsOfReadersComeThroughAndLeaveNothing) {
  DataSource source = Source();
  source.decode = [] { return absl::NotFoundError("no such picture"); };
  EXPECT_EQ(DataCache(cache_).Get(source).status(), absl::NotFoundError("no such picture"));
  EXPECT_EQ(CacheFile(), "");
}

// Processes that wait for a lock of ours, as the kernel lists them.
int Waiting() {
  std::ifstream locks("/proc/locks");
  int count = 0;
  for (std::string line; std::getline(locks, line);) {
    if (line.find("->") != std::string::npos) ++count;
  }
  return count;
}

TEST_F(DataCacheTest, OfProcessesThatStartAtOnceOneDecodes) {
  ASSERT_EQ(Get(), 'x');
  const std::string lock_path = CacheFile() + ".lock";
  fs::remove(CacheFile());
  std::array<int, 2> start{};
  ASSERT_EQ(pipe(start.data()), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    children.push_back(fork());
    char go = 0;
    if (children.back() == 0) _exit(read(start[0], &go, 1) == 1 && Get() == 'x' ? 0 : 1);
  }
  {
    const FileLock lock(lock_path);  // after the forks: children inherit a lock
    ASSERT_TRUE(lock.is_held());
    EXPECT_EQ(write(start[1], "abc", 3), 3);
    // All have looked and found nothing.
    EXPECT_TRUE(fixtures::Await([] { return Waiting() >= 3; }));
  }
  for (const pid_t child : children) {
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(Decodings(), 2u);
  close(start[0]);
  close(start[1]);
}

TEST(DefaultCacheFolderTest, FollowsTheEnvironment) {
  const auto with = [](std::optional<std::string> xdg, std::optional<std::string> home) {
    xdg ? setenv("XDG_CACHE_HOME", xdg->c_str(), 1) : unsetenv("XDG_CACHE_HOME");
    home ? setenv("HOME", home->c_str(), 1) : unsetenv("HOME");
    return DefaultCacheFolder();
  };
  const char* const home = std::getenv("HOME");
  const std::string old_home = home == nullptr ? "" : home;
  EXPECT_EQ(with("/var/cache", "/h"), "/var/cache/adares");
  EXPECT_EQ(with({}, "/h"), "/h/.cache/adares");
  EXPECT_EQ(with("relative", "/h"), "/h/.cache/adares");
  EXPECT_EQ(with("", ""), "");
  EXPECT_EQ(with({}, {}), "");
  if (home != nullptr) setenv("HOME", old_home.c_str(), 1);
}

}  // namespace
}  // namespace adares
