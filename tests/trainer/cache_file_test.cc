// The file of decoded pictures: what comes back, and what is not believed.
#include "worker/trainer/cache_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "tests/fixtures/temp_folder.h"
#include "worker/trainer/checksum64.h"
#include "worker/trainer/decoded_images.h"

namespace adares {
namespace {

using fixtures::ReadTextFile;
using fixtures::WriteTextFile;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::StartsWith;

constexpr size_t kHeadBytes = 256;

class CacheFileTest : public testing::Test {
 protected:
  CacheFileTest() { EXPECT_TRUE(WriteCacheFile(path_, key_, data_).ok()); }

  absl::StatusCode Code() const { return MapCacheFile(path_, key_).status().code(); }
  std::string Error() const { return std::string(MapCacheFile(path_, key_).status().message()); }
  // The head's checksum made right again, as no accident does it.
  void WriteWithHeadChecksum(std::string bytes) const {
    const uint64_t sum =
        Checksum64({reinterpret_cast<const uint8_t*>(bytes.data()), kHeadBytes - sizeof(sum)});
    bytes.replace(kHeadBytes - sizeof(sum), sizeof(sum), reinterpret_cast<const char*>(&sum),
                  sizeof(sum));
    WriteTextFile(path_, bytes);
  }

  fixtures::TempFolder folder_;
  const std::string path_ = folder_ / "data";
  const std::string key_ = std::string(64, 'k');
  const ImageData data_ = KeepInMemory({{1, 3, 5},
                                        300,
                                        {std::vector<uint8_t>(45, 7), {0, 299, 5}},
                                        {std::vector<uint8_t>(15, 9), {1}},
                                        {{0.5f}, {0.25f}}});
};

TEST_F(CacheFileTest, EverythingComesBack) {
  const auto mapped = MapCacheFile(path_, key_);
  ASSERT_TRUE(mapped.ok()) << mapped.status();
  EXPECT_EQ(mapped->train.shape, data_.train.shape);
  EXPECT_EQ(mapped->test.shape, data_.test.shape);
  EXPECT_THAT(mapped->train.labels, ElementsAreArray(data_.train.labels));
  EXPECT_THAT(mapped->train.pixels, ElementsAreArray(data_.train.pixels));
  EXPECT_THAT(mapped->test.labels, ElementsAreArray(data_.test.labels));
  EXPECT_THAT(mapped->test.pixels, ElementsAreArray(data_.test.pixels));
  EXPECT_EQ(mapped->classes, 300);
  EXPECT_EQ(mapped->statistics.mean, data_.statistics.mean);
  EXPECT_EQ(mapped->statistics.sd, data_.statistics.sd);
  EXPECT_EQ(mapped->digest, data_.digest);
  EXPECT_EQ(DataDigest(*mapped), data_.digest);
}

TEST_F(CacheFileTest, DataOutliveTheirFileName) {
  const auto mapped = MapCacheFile(path_, key_);
  ASSERT_TRUE(mapped.ok()) << mapped.status();
  std::filesystem::remove(path_);
  EXPECT_EQ(mapped->train.labels[1], 299);
}

TEST_F(CacheFileTest, EveryFlippedBitIsNoticed) {
  const std::string text = ReadTextFile(path_);
  std::vector<uint8_t> bytes(text.begin(), text.end());
  ASSERT_TRUE(ParseCacheFile(bytes, key_).ok());
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(ParseCacheFile(bytes, key_).ok()) << bit;
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

TEST_F(CacheFileTest, EveryOtherLengthIsNoticed) {
  const std::string text = ReadTextFile(path_) + "x";
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  for (size_t size = 0; size <= bytes.size(); ++size) {
    if (size == bytes.size() - 1) continue;
    EXPECT_EQ(ParseCacheFile(std::span(bytes).first(size), key_).status().code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
  for (const size_t size : {size_t{0}, kHeadBytes - 1, kHeadBytes, text.size()}) {
    WriteTextFile(path_, text.substr(0, size));
    EXPECT_EQ(Code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_THAT(Error(), StartsWith(path_ + ": "));
  }
}

TEST_F(CacheFileTest, OtherSourcesAndFormatsAreToldFromDamage) {
  EXPECT_EQ(MapCacheFile(path_, std::string(64, 'o')).status().code(),
            absl::StatusCode::kFailedPrecondition);
  std::string bytes = ReadTextFile(path_);
  bytes[8] = static_cast<char>(kCacheFormat + 1);
  WriteWithHeadChecksum(bytes);
  EXPECT_EQ(Code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Error(), HasSubstr("has format 2, expected 1"));
}

TEST_F(CacheFileTest, OtherThingsAreNoCache) {
  WriteTextFile(path_, std::string(1000, 'x'));
  EXPECT_THAT(Error(), HasSubstr("is no file of decoded pictures"));
  std::filesystem::remove(path_);
  EXPECT_EQ(Code(), absl::StatusCode::kNotFound);
  std::filesystem::create_directory(path_);
  EXPECT_THAT(Error(), HasSubstr("is no regular file"));
}

// Numbers whose product overflows, with a right checksum.
TEST_F(CacheFileTest, NumbersThatMakeNoSenseAreRefused) {
  const std::string bytes = ReadTextFile(path_);
  for (size_t field = 0; field < 6; ++field) {
    std::string changed = bytes;
    changed.replace(144 + 8 * field, 8, "\xff\xff\xff\xff\xff\xff\xff\x7f");
    WriteWithHeadChecksum(changed);
    EXPECT_THAT(Error(), HasSubstr("its head makes no sense")) << field;
  }
}

TEST_F(CacheFileTest, LabelsBeyondTheClassesAreRefused) {
  std::string bytes = ReadTextFile(path_);
  bytes.replace(144 + 8 * 3, 2, "\x2b\x01");  // 299 classes
  WriteWithHeadChecksum(bytes);
  EXPECT_THAT(Error(), HasSubstr("has labels beyond its classes"));
}

}  // namespace
}  // namespace adares
