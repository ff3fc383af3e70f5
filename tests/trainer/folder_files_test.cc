// Folders of pictures: their classes, their order, and what is wrong with some.
#include "worker/trainer/folder_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/png_bytes.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class FolderFilesTest : public testing::Test {
 protected:
  // The first byte of each picture tells it from the others.
  FolderFilesTest() {
    Write("train/cat/b.png", GreyPng(2));
    Write("train/cat/a.PNG", GreyPng(1));
    Write("train/ant/10.png", GreyPng(3));
    Write("train/ant/9.png", GreyPng(4));
    Write("train/ant/x.png", GreyPng(5));
    Write("test/cat/c.png", GreyPng(6));
  }

  void Write(const std::string& name, const Png& png) const {
    fixtures::WriteTextFile(folder_ / name, PngBytes(png));
  }
  absl::StatusOr<DecodedData> Read() const {
    const auto listing = ListFolder(folder_.path());
    if (!listing.ok()) return listing.status();
    return ReadFolder(*listing);
  }
  std::string Error() const {
    const auto data = Read();
    return data.ok() ? "no error" : std::string(data.status().message());
  }
  // The first bytes of the pictures.
  static std::vector<int> Firsts(const DecodedPart& part) {
    std::vector<int> firsts;
    for (size_t i = 0; i < part.pixels.size(); i += 64) firsts.push_back(part.pixels[i]);
    return firsts;
  }

  fixtures::TempFolder folder_;
};

TEST_F(FolderFilesTest, ClassesTakeTurnsInSortedOrder) {
  const auto data = Read();
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->classes, 2);
  EXPECT_EQ(data->shape, (ImageShape{1, 8, 8}));
  EXPECT_THAT(Firsts(data->train), ElementsAre(3, 1, 4, 2, 5));
  EXPECT_THAT(data->train.labels, ElementsAre(0, 1, 0, 1, 0));
  EXPECT_THAT(Firsts(data->test), ElementsAre(6));
  EXPECT_THAT(data->test.labels, ElementsAre(1));
}

TEST_F(FolderFilesTest, StatisticsAreThoseOfTheTrainingPart) {
  const auto data = Read();
  ASSERT_TRUE(data.ok()) << data.status();
  // Five pictures of 64 rising bytes each, which begin with 1 to 5.
  EXPECT_NEAR(data->statistics.mean[0], (3 + 31.5) / 255, 1e-6);
}

TEST_F(FolderFilesTest, HiddenNamesAndFilesBesideTheClassesArePassedOver) {
  fixtures::WriteTextFile(folder_ / "train/.cache/x", "");
  fixtures::WriteTextFile(folder_ / "train/cat/.DS_Store", "");
  fixtures::WriteTextFile(folder_ / "train/README", "");
  EXPECT_EQ(Error(), "no error");
}

TEST_F(FolderFilesTest, MissingPartsAreNamed) {
  fs::remove_all(folder_ / "test");
  EXPECT_THAT(Error(), AllOf(HasSubstr(folder_ / "test"), HasSubstr("test/CLASS/*.png")));
  fs::remove_all(folder_ / "train");
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Error(), HasSubstr(folder_ / "train"));
}

TEST_F(FolderFilesTest, OneClassIsTooFew) {
  fs::remove_all(folder_ / "train/ant");
  EXPECT_THAT(Error(), AllOf(HasSubstr("/train: has 1 folders"), HasSubstr("2 to 1000")));
}

TEST_F(FolderFilesTest, MoreThanAThousandClassesAreTooMany) {
  for (int i = 2; i < 1000; ++i) fs::create_directory(folder_ / ("train/" + std::to_string(i)));
  EXPECT_THAT(Error(), HasSubstr("train/10: has no pictures"));
  fs::create_directory(folder_ / "train/1000");
  EXPECT_THAT(Error(), HasSubstr("has 1001 folders"));
}

TEST_F(FolderFilesTest, ClassWithoutTrainingPicturesIsNamed) {
  fs::create_directory(folder_ / "train/bee");
  EXPECT_THAT(Error(), HasSubstr(folder_ / "train/bee: has no pictures"));
  Write("test/bee/a.png", GreyPng(0));
  EXPECT_THAT(Error(), HasSubstr(folder_ / "train/bee: has no pictures"));
}

TEST_F(FolderFilesTest, ClassOfTheTestPartAloneIsNamed) {
  Write("test/dog/a.png", GreyPng(0));
  EXPECT_THAT(Error(), HasSubstr(folder_ / "test/dog: there is no such class in train/"));
}

TEST_F(FolderFilesTest, OtherFilesInAClassAreNamed) {
  fixtures::WriteTextFile(folder_ / "test/cat/d.jpg", "");
  EXPECT_THAT(Error(), HasSubstr(folder_ / "test/cat/d.jpg: is no .png file"));
}

TEST_F(FolderFilesTest, BrokenAndUnlikePicturesAreNamed) {
  Write("test/cat/d.png", ColourPng(0));
  EXPECT_THAT(Error(), HasSubstr(folder_ / "test/cat/d.png: has 8x8 coloured pixels"));
  fixtures::WriteTextFile(folder_ / "test/cat/d.png", "nothing");
  EXPECT_THAT(Error(), HasSubstr(folder_ / "test/cat/d.png: is no PNG file"));
  fs::resize_file(folder_ / "test/cat/d.png", 1 << 30);  // takes no room
  EXPECT_THAT(Error(), HasSubstr("d.png: has 1073741824 bytes, expected at most 1048576"));
  fs::remove(folder_ / "test/cat/d.png");
  fs::create_directory(folder_ / "test/cat/d.png");
  EXPECT_THAT(Error(), HasSubstr(folder_ / "test/cat/d.png: is not a regular file"));
}

TEST_F(FolderFilesTest, LinksThatLeadNowhereAreNamed) {
  fs::create_symlink("nowhere", folder_ / "train/ant/link.png");
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Error(), HasSubstr(folder_ / "train/ant/link.png"));
}

// With two classes left, the third would be missing without a word.
TEST_F(FolderFilesTest, ClassesThatAreLinksToNowhereAreNamed) {
  fs::create_symlink("nowhere", folder_ / "train/bee");
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Error(), HasSubstr(folder_ / "train/bee: No such file or directory"));
  fs::remove(folder_ / "train/bee");
  fs::create_symlink("bee", folder_ / "test/bee");
  EXPECT_THAT(Error(), HasSubstr(folder_ / "test/bee: Too many levels of symbolic links"));
}

TEST_F(FolderFilesTest, ClassesMayBeLinks) {
  Write("elsewhere/a.png", GreyPng(7));
  fs::create_directory_symlink("../elsewhere", folder_ / "train/bee");
  const auto data = Read();
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(Firsts(data->train), ElementsAre(3, 7, 1, 4, 2, 5));
}

}  // namespace
}  // namespace adares
