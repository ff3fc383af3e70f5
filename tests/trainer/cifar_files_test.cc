// The readers of CIFAR-10 and CIFAR-100 on files that are right and on files that are wrong in one
// way each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "core/dataset_table.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/file_by_file.h"
#include "worker/trainer/dataset_files.h"

namespace adares {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int64_t kRecords = 2;  // of a file
constexpr PartSize kSize{5 * kRecords, kRecords};

// Records whose red, green and blue planes begin with 1, 2 and 3.
std::vector<uint8_t> Records(uint8_t first_label) {
  std::vector<uint8_t> bytes(kRecords * 3073, 0);
  for (int64_t i = 0; i < kRecords; ++i) {
    uint8_t* record = bytes.data() + i * 3073;
    record[0] = static_cast<uint8_t>(first_label + i);
    for (uint8_t plane = 0; plane < 3; ++plane) record[1 + plane * 1024] = plane + 1;
  }
  return bytes;
}

class Cifar10FilesTest : public testing::Test {
 protected:
  Cifar10FilesTest() {
    for (uint8_t part = 1; part <= 5; ++part) {
      Write("data_batch_" + std::to_string(part) + ".bin", Records(part));
    }
    Write("test_batch.bin", Records(8));
  }

  void Write(const std::string& name, const std::vector<uint8_t>& bytes) const {
    fixtures::WriteTextFile(folder_ / ("cifar-10-batches-bin/" + name),
                            {bytes.begin(), bytes.end()});
  }

  std::string Error() const {
    const auto data = ReadCifar10(folder_.path(), kSize);
    return data.ok() ? "no error" : std::string(data.status().message());
  }

  fixtures::TempFolder folder_;
};

TEST_F(Cifar10FilesTest, ReadsAllPartsInOrderWithInterleavedColours) {
  const auto data = ReadCifar10(folder_.path(), kSize);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.labels, (std::vector<uint16_t>{1, 2, 2, 3, 3, 4, 4, 5, 5, 6}));
  EXPECT_EQ(data->test.labels, (std::vector<uint16_t>{8, 9}));
  const uint8_t* picture = data->train.pixels.data() + 9 * 3072;
  EXPECT_EQ(std::vector<uint8_t>(picture, picture + 4), (std::vector<uint8_t>{1, 2, 3, 0}));
}

TEST_F(Cifar10FilesTest, MissingFileIsNamedWithTheWayOut) {
  std::filesystem::remove(folder_ / "cifar-10-batches-bin/data_batch_4.bin");
  EXPECT_EQ(ReadCifar10(folder_.path(), kSize).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Error(), AllOf(HasSubstr("data_batch_4.bin"), HasSubstr("--data")));
}

// Each is missed, and there are no others.
TEST_F(Cifar10FilesTest, TableNamesTheFilesThatAreRead) {
  ExpectEachFileIsMissed(folder_.path(), Dataset::kCifar10, [this] { return Error(); });
}

TEST_F(Cifar10FilesTest, TruncatedFileIsRefused) {
  std::vector<uint8_t> records = Records(1);
  records.pop_back();
  Write("data_batch_2.bin", records);
  EXPECT_EQ(ReadCifar10(folder_.path(), kSize).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Error(),
              AllOf(HasSubstr("data_batch_2.bin"), HasSubstr("6145"), HasSubstr("expected 6146")));
}

TEST_F(Cifar10FilesTest, FileThatMemoryMayNotHoldIsNotRead) {
  std::filesystem::resize_file(folder_ / "cifar-10-batches-bin/data_batch_1.bin",
                               uintmax_t{1} << 34);  // takes no room
  EXPECT_THAT(Error(), HasSubstr("has 17179869184 bytes, expected at most 1073741824; point"));
}

TEST_F(Cifar10FilesTest, LabelAboveNineIsRefused) {
  Write("test_batch.bin", Records(9));
  EXPECT_THAT(Error(), AllOf(HasSubstr("test_batch.bin"), HasSubstr("record 1 is 10")));
}

// Records of a coarse and a fine label and three planes that begin with 1, 2 and 3.
std::vector<uint8_t> FineRecords(uint8_t coarse, uint8_t fine) {
  std::vector<uint8_t> bytes(kRecords * 3074, 0);
  for (int64_t i = 0; i < kRecords; ++i) {
    uint8_t* record = bytes.data() + i * 3074;
    record[0] = coarse;
    record[1] = static_cast<uint8_t>(fine + i);
    for (uint8_t plane = 0; plane < 3; ++plane) record[2 + plane * 1024] = plane + 1;
  }
  return bytes;
}

class Cifar100FilesTest : public testing::Test {
 protected:
  Cifar100FilesTest() {
    Write("train.bin", FineRecords(19, 40));
    Write("test.bin", FineRecords(0, 98));
  }

  void Write(const std::string& name, const std::vector<uint8_t>& bytes) const {
    fixtures::WriteTextFile(folder_ / ("cifar-100-binary/" + name), {bytes.begin(), bytes.end()});
  }
  absl::StatusOr<DecodedData> Read() const {
    return ReadCifar100(folder_.path(), {kRecords, kRecords});
  }
  std::string Error() const {
    const auto data = Read();
    return data.ok() ? "no error" : std::string(data.status().message());
  }

  fixtures::TempFolder folder_;
};

TEST_F(Cifar100FilesTest, FineLabelsCount) {
  const auto data = Read();
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->classes, 100);
  EXPECT_EQ(data->train.labels, (std::vector<uint16_t>{40, 41}));
  EXPECT_EQ(data->test.labels, (std::vector<uint16_t>{98, 99}));
  const uint8_t* picture = data->test.pixels.data() + 3072;
  EXPECT_EQ(std::vector<uint8_t>(picture, picture + 4), (std::vector<uint8_t>{1, 2, 3, 0}));
}

TEST_F(Cifar100FilesTest, StatisticsAreMeasured) {
  const auto data = Read();
  ASSERT_TRUE(data.ok()) << data.status();
  // One pixel of 1024 has the value 3 in the blue channel.
  const double mean = 3.0 / 1024;
  EXPECT_FLOAT_EQ(data->statistics.mean[2], static_cast<float>(mean / 255));
  EXPECT_FLOAT_EQ(data->statistics.sd[2],
                  static_cast<float>(std::sqrt(9.0 / 1024 - mean * mean) / 255));
}

TEST_F(Cifar100FilesTest, TableNamesTheFilesThatAreRead) {
  ExpectEachFileIsMissed(folder_.path(), Dataset::kCifar100, [this] { return Error(); });
}

TEST_F(Cifar100FilesTest, LabelsBeyondTheClassesAreRefused) {
  Write("test.bin", FineRecords(0, 99));
  EXPECT_THAT(Error(), AllOf(HasSubstr("test.bin"), HasSubstr("fine label of record 1 is 100"),
                             HasSubstr("expected 0 to 99")));
  Write("test.bin", FineRecords(20, 0));
  EXPECT_THAT(Error(), HasSubstr("coarse label of record 0 is 20"));
}

TEST_F(Cifar100FilesTest, FilesOfCifar10AreRefused) {
  Write("train.bin", Records(1));
  EXPECT_THAT(Error(), AllOf(HasSubstr("train.bin"), HasSubstr("6146"), HasSubstr("of 3074")));
}

TEST(RealCifar10Test, HasThePublishedSizes) {
  const char* dir = std::getenv("ADARES_DATA_DIR");
  if (dir == nullptr) GTEST_SKIP() << "ADARES_DATA_DIR is not set";
  const auto data = ReadCifar10(dir);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.labels.size(), 50000u);
  EXPECT_EQ(data->test.labels.size(), 10000u);
  for (uint8_t label = 0; label < kClasses; ++label) {
    EXPECT_EQ(std::count(data->train.labels.begin(), data->train.labels.end(), label), 5000);
    EXPECT_EQ(std::count(data->test.labels.begin(), data->test.labels.end(), label), 1000);
  }
  // Copies that went through JPEG are a little smoother than what was published.
  const ChannelStatistics measured = MeasureStatistics(data->train.pixels, 3);
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(data->statistics.mean[c], measured.mean[c], 2e-3);
    EXPECT_NEAR(data->statistics.sd[c], measured.sd[c], 2e-3);
  }
}

}  // namespace
}  // namespace adares
