// The reader of MNIST and Fashion-MNIST on files that are right and on files that are wrong in one
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

constexpr PartSize kSize{3, 2};

std::vector<uint8_t> Idx(uint8_t dimensions, const std::vector<uint32_t>& sizes,
                         size_t data_bytes) {
  std::vector<uint8_t> bytes{0, 0, 8, dimensions};
  for (const uint32_t size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<uint8_t>(size >> shift));
  }
  for (size_t i = 0; i < data_bytes; ++i) bytes.push_back(static_cast<uint8_t>(i % 10));
  return bytes;
}

std::vector<uint8_t> Images(uint32_t count) { return Idx(3, {count, 28, 28}, count * 784); }
std::vector<uint8_t> Labels(uint32_t count) { return Idx(1, {count}, count); }

class MnistFilesTest : public testing::Test {
 protected:
  MnistFilesTest() {
    Write("train-images-idx3-ubyte", Images(3));
    Write("train-labels-idx1-ubyte", Labels(3));
    Write("t10k-images-idx3-ubyte", Images(2));
    Write("t10k-labels-idx1-ubyte", Labels(2));
  }

  void Write(const std::string& name, const std::vector<uint8_t>& bytes) const {
    fixtures::WriteTextFile(folder_ / ("mnist/" + name), {bytes.begin(), bytes.end()});
  }

  std::string Error() const {
    const auto data = ReadMnist(folder_.path(), kSize);
    return data.ok() ? "no error" : std::string(data.status().message());
  }

  fixtures::TempFolder folder_;
};

TEST_F(MnistFilesTest, ReadsPicturesAndLabels) {
  const auto data = ReadMnist(folder_.path(), kSize);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.labels.size(), 3u);
  EXPECT_EQ(data->test.labels.size(), 2u);
  EXPECT_EQ(data->shape, (ImageShape{1, 28, 28}));
  EXPECT_EQ(data->train.labels, (std::vector<uint16_t>{0, 1, 2}));
  EXPECT_EQ(data->classes, 10);
  EXPECT_EQ(data->train.pixels[784], 784 % 10);
}

TEST_F(MnistFilesTest, MissingFileIsNamedWithTheWayOut) {
  std::filesystem::remove(folder_ / "mnist/t10k-images-idx3-ubyte");
  EXPECT_EQ(ReadMnist(folder_.path(), kSize).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Error(), AllOf(HasSubstr("t10k-images-idx3-ubyte"), HasSubstr("--data")));
}

// Each is missed, and there are no others.
TEST_F(MnistFilesTest, TableNamesTheFilesThatAreRead) {
  ExpectEachFileIsMissed(folder_.path(), Dataset::kMnist, [this] { return Error(); });
}

TEST_F(MnistFilesTest, TruncatedFileIsRefused) {
  std::vector<uint8_t> images = Images(3);
  images.erase(images.end() - 5, images.end());
  Write("train-images-idx3-ubyte", images);
  EXPECT_EQ(ReadMnist(folder_.path(), kSize).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Error(), AllOf(HasSubstr("train-images-idx3-ubyte"), HasSubstr("2347"),
                             HasSubstr("expected 2352")));
}

TEST_F(MnistFilesTest, FileThatMemoryMayNotHoldIsNotRead) {
  std::filesystem::resize_file(folder_ / "mnist/train-images-idx3-ubyte",
                               uintmax_t{1} << 34);  // takes no room
  EXPECT_THAT(Error(), HasSubstr("has 17179869184 bytes, expected at most 1073741824; point"));
}

TEST_F(MnistFilesTest, FileShorterThanItsHeaderIsRefused) {
  Write("train-labels-idx1-ubyte", std::vector<uint8_t>{0, 0, 8});
  EXPECT_THAT(Error(), AllOf(HasSubstr("train-labels-idx1-ubyte"), HasSubstr("has 3 bytes")));
}

TEST_F(MnistFilesTest, WrongMagicNumberIsRefused) {
  Write("train-images-idx3-ubyte", Labels(3 * 784 + 8));
  EXPECT_THAT(Error(), AllOf(HasSubstr("train-images-idx3-ubyte"), HasSubstr("0x00000801"),
                             HasSubstr("0x00000803")));
}

TEST_F(MnistFilesTest, CompressedFileIsExplained) {
  std::vector<uint8_t> images = Images(3);
  images[0] = 0x1F;
  images[1] = 0x8B;
  Write("train-images-idx3-ubyte", images);
  EXPECT_THAT(Error(), HasSubstr("gunzip"));
}

TEST_F(MnistFilesTest, WrongPictureSizeIsRefused) {
  Write("train-images-idx3-ubyte", Idx(3, {3, 28, 27}, 3 * 28 * 27));
  EXPECT_THAT(Error(), AllOf(HasSubstr("dimension 2 is 27"), HasSubstr("expected 28")));
}

TEST_F(MnistFilesTest, CountOfLabelsMustMatchThePictures) {
  Write("train-labels-idx1-ubyte", Labels(4));
  EXPECT_THAT(Error(), AllOf(HasSubstr("train-labels-idx1-ubyte"), HasSubstr("dimension 0 is 4"),
                             HasSubstr("expected 3")));
}

TEST_F(MnistFilesTest, LabelAboveNineIsRefused) {
  std::vector<uint8_t> labels = Labels(3);
  labels.back() = 10;
  Write("train-labels-idx1-ubyte", labels);
  EXPECT_THAT(Error(), HasSubstr("label 2 is 10"));
}

// The same files, in a folder of their own.
TEST_F(MnistFilesTest, FashionMnistHasItsOwnFolderAndMeasuredStatistics) {
  EXPECT_THAT(std::string(ReadFashionMnist(folder_.path(), kSize).status().message()),
              AllOf(HasSubstr("/fashion-mnist/train-images"),
                    HasSubstr("a folder with fashion-mnist/{train,t10k}")));
  std::filesystem::rename(folder_ / "mnist", folder_ / "fashion-mnist");
  const auto data = ReadFashionMnist(folder_.path(), kSize);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.labels, (std::vector<uint16_t>{0, 1, 2}));
  // Bytes 0 to 9 in turn: the mean is 4.5 and the variance 8.25, but for two bytes at the end.
  EXPECT_NEAR(data->statistics.mean[0], 4.5 / 255, 2e-5);
  EXPECT_NEAR(data->statistics.sd[0], std::sqrt(8.25) / 255, 2e-5);
}

TEST(RealMnistTest, HasThePublishedSizes) {
  const char* dir = std::getenv("ADARES_DATA_DIR");
  if (dir == nullptr) GTEST_SKIP() << "ADARES_DATA_DIR is not set";
  const auto data = ReadMnist(dir);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.labels.size(), 60000u);
  EXPECT_EQ(data->test.labels.size(), 10000u);
  // Known counts: 5,923 zeros to train on, 980 to test on.
  EXPECT_EQ(std::count(data->train.labels.begin(), data->train.labels.end(), 0), 5923);
  EXPECT_EQ(std::count(data->test.labels.begin(), data->test.labels.end(), 0), 980);
  const ChannelStatistics measured = MeasureStatistics(data->train.pixels, 1);
  EXPECT_NEAR(data->statistics.mean[0], measured.mean[0], 5e-5);
  EXPECT_NEAR(data->statistics.sd[0], measured.sd[0], 5e-5);
}

}  // namespace
}  // namespace adares
