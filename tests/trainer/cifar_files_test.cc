// The CIFAR-10 reader on files that are right and on files that are wrong in one way each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

constexpr int64_t kRecords = 2;

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
    const auto data = ReadCifar10(folder_.path(), kRecords);
    return data.ok() ? "no error" : std::string(data.status().message());
  }

  fixtures::TempFolder folder_;
};

TEST_F(Cifar10FilesTest, ReadsAllPartsInOrderWithInterleavedColours) {
  const auto data = ReadCifar10(folder_.path(), kRecords);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.labels, (std::vector<uint8_t>{1, 2, 2, 3, 3, 4, 4, 5, 5, 6}));
  EXPECT_EQ(data->test.labels, (std::vector<uint8_t>{8, 9}));
  const uint8_t* picture = data->train.Image(9);
  EXPECT_EQ(std::vector<uint8_t>(picture, picture + 4), (std::vector<uint8_t>{1, 2, 3, 0}));
}

TEST_F(Cifar10FilesTest, MissingFileIsNamedWithTheWayOut) {
  std::filesystem::remove(folder_ / "cifar-10-batches-bin/data_batch_4.bin");
  EXPECT_EQ(ReadCifar10(folder_.path(), kRecords).status().code(), absl::StatusCode::kNotFound);
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
  EXPECT_EQ(ReadCifar10(folder_.path(), kRecords).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Error(),
              AllOf(HasSubstr("data_batch_2.bin"), HasSubstr("6145"), HasSubstr("expected 6146")));
}

TEST_F(Cifar10FilesTest, LabelAboveNineIsRefused) {
  Write("test_batch.bin", Records(9));
  EXPECT_THAT(Error(), AllOf(HasSubstr("test_batch.bin"), HasSubstr("record 1 is 10")));
}

TEST(RealCifar10Test, HasThePublishedSizes) {
  const char* dir = std::getenv("ADARES_DATA_DIR");
  if (dir == nullptr) GTEST_SKIP() << "ADARES_DATA_DIR is not set";
  const auto data = ReadCifar10(dir);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.size(), 50000);
  EXPECT_EQ(data->test.size(), 10000);
  for (uint8_t label = 0; label < kClasses; ++label) {
    EXPECT_EQ(std::count(data->train.labels.begin(), data->train.labels.end(), label), 5000);
    EXPECT_EQ(std::count(data->test.labels.begin(), data->test.labels.end(), label), 1000);
  }
}

}  // namespace
}  // namespace adares
