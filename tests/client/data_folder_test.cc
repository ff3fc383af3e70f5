// What lies in a folder of data sets, and what its files are worth.
#include "client/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "client/data_form.h"
#include "client/data_verify.h"
#include "core/sha256.h"
#include "tests/client/small_archives.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::client {
namespace {

using State = DatasetPresence::State;
using Worth = FileVerdict::State;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DataFolderTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) const {
    fixtures::WriteTextFile(folder_ / path, text);
  }
  void WriteFile(const DataFile& file) const { Write(file.path, BytesOf(file)); }
  DatasetPresence Look() const { return LookAtSource(folder_.path(), mnist_); }

  fixtures::TempFolder folder_;
  DatasetSource mnist_ = SmallMnist().source;
};

TEST_F(DataFolderTest, NothingIsThereWithoutAFolder) {
  EXPECT_EQ(LookAtSource("", mnist_).state, State::kAbsent);
  EXPECT_EQ(Look().state, State::kAbsent);
  EXPECT_THAT(Look().missing, SizeIs(4));
}

TEST_F(DataFolderTest, IsCompleteWithItsLastFileOnly) {
  for (const DataArchive& archive : mnist_.archives) {
    EXPECT_NE(Look().state, State::kComplete);
    WriteFile(archive.files[0]);
  }
  const DatasetPresence presence = Look();
  EXPECT_EQ(presence.state, State::kComplete);
  EXPECT_EQ(presence.train_pictures, 2000);
  EXPECT_EQ(presence.test_pictures, 10);
  EXPECT_EQ(presence.classes, 10);
  EXPECT_EQ(presence.bytes, 2 * 16 + 2 * 8 + 2010 * 785);
}

TEST_F(DataFolderTest, NamesWhatIsMissing) {
  WriteFile(mnist_.archives[0].files[0]);
  EXPECT_EQ(Look().state, State::kIncomplete);
  EXPECT_THAT(Look().missing,
              ElementsAre("mnist/train-labels-idx1-ubyte", "mnist/t10k-images-idx3-ubyte",
                          "mnist/t10k-labels-idx1-ubyte"));
}

TEST_F(DataFolderTest, FilesOfAnotherSizeCompleteNothing) {
  for (const DataArchive& archive : mnist_.archives) WriteFile(archive.files[0]);
  Write("mnist/t10k-labels-idx1-ubyte", "short");
  EXPECT_EQ(Look().state, State::kIncomplete);
  EXPECT_THAT(Look().missing, IsEmpty());
  EXPECT_THAT(Look().wrong_size, ElementsAre("mnist/t10k-labels-idx1-ubyte"));
}

TEST_F(DataFolderTest, IsPackedWhereEveryMissingFileIs) {
  for (const DataArchive& archive : mnist_.archives) {
    EXPECT_NE(Look().state, State::kPacked);
    Write("mnist/" + archive.name, "gzip");
  }
  EXPECT_EQ(Look().state, State::kPacked);
  Write("cifar-10-binary.tar.gz", "tar");
  EXPECT_EQ(LookAtSource(folder_.path(), SmallCifar10().source).state, State::kPacked);
}

TEST_F(DataFolderTest, CountsTheRecordsOfEachPart) {
  const DatasetPresence presence = LookAtSource("", SmallCifar10().source);
  EXPECT_EQ(presence.train_pictures, 60);
  EXPECT_EQ(presence.test_pictures, 20);
}

TEST_F(DataFolderTest, PublishedSetsHaveTheNumbersOfTheirPublishers) {
  for (const DatasetPresence& presence : LookAtFolder("", DatasetSources())) {
    if (presence.state == State::kBuiltIn) continue;
    const bool is_cifar = presence.dataset.starts_with("cifar");
    EXPECT_EQ(presence.train_pictures, is_cifar ? 50'000 : 60'000) << presence.dataset;
    EXPECT_EQ(presence.test_pictures, 10'000) << presence.dataset;
    EXPECT_EQ(presence.classes, presence.dataset == "cifar100" ? 100 : 10);
  }
}

TEST_F(DataFolderTest, FindsFoldersOfPictures) {
  for (const char* path :
       {"flowers/train/rose/1.png", "flowers/train/rose/2.png", "flowers/train/lily/1.png",
        "flowers/test/rose/1.png", "flowers/train/lily/notes.txt", "empty/train/x/notes.txt",
        ".fetch/train/x/1.png", "half/train/x/1.png"}) {
    Write(path, "1234567");
  }
  const auto found = LookAtFolder(folder_.path(), {mnist_});
  ASSERT_THAT(found, SizeIs(4));
  EXPECT_EQ(found[0].dataset, "mnist");
  EXPECT_EQ(found[1].dataset, "synthetic");
  EXPECT_EQ(found[2].dataset, "folder");
  EXPECT_EQ(found[2].folder, "flowers");
  EXPECT_EQ(found[2].state, State::kComplete);
  EXPECT_EQ(found[2].classes, 2);
  EXPECT_EQ(found[2].train_pictures, 3);
  EXPECT_EQ(found[2].test_pictures, 1);
  EXPECT_EQ(found[2].bytes, 28);
  EXPECT_EQ(found[3].folder, "half");
  EXPECT_EQ(found[3].state, State::kIncomplete);
  EXPECT_THAT(found[3].missing, ElementsAre("half/test/"));
}

TEST_F(DataFolderTest, CountsThePicturesThatTheTrainerTakes) {
  for (const char* path : {"a/train/x/1.PNG", "a/train/x/2.Png", "a/train/x/._1.png",
                           "a/train/x/.2.png", "a/train/.y/1.png", "a/test/x/1.PNG"}) {
    Write(path, "1234567");
  }
  const auto found = LookAtFolder(folder_.path(), {});
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[1].state, State::kComplete);
  EXPECT_EQ(found[1].classes, 1);
  EXPECT_EQ(found[1].train_pictures, 2);
  EXPECT_EQ(found[1].test_pictures, 1);
  EXPECT_EQ(found[1].bytes, 21);
}

TEST_F(DataFolderTest, VerdictTellsPublishedFilesFromOthers) {
  DataFile file = mnist_.archives[3].files[0];
  EXPECT_EQ(VerifyFile(folder_.path(), "mnist", file).state, Worth::kMissing);
  WriteFile(file);
  const FileVerdict verdict = VerifyFile(folder_.path(), "mnist", file);
  EXPECT_EQ(verdict.state, Worth::kAsPublished);
  EXPECT_EQ(verdict.bytes, 18);
  EXPECT_EQ(verdict.sha256, Sha256Hex(BytesOf(file)));
  file.sha256[0] ^= 1;
  EXPECT_EQ(VerifyFile(folder_.path(), "mnist", file).state, Worth::kDiffers);
  file.sha256.clear();
  EXPECT_EQ(VerifyFile(folder_.path(), "mnist", file).state, Worth::kSound);
}

TEST_F(DataFolderTest, VerdictNamesWhatIsBroken) {
  const DataFile file = mnist_.archives[3].files[0];
  Write(file.path, "short");
  const FileVerdict verdict = VerifyFile(folder_.path(), "mnist", file);
  EXPECT_EQ(verdict.state, Worth::kBroken);
  EXPECT_EQ(verdict.problem, "it has 5 bytes, and must have 18");
  std::filesystem::remove(folder_ / file.path);
  std::filesystem::create_directory(folder_ / file.path);
  EXPECT_EQ(VerifyFile(folder_.path(), "mnist", file).problem, "cannot be read: Is a directory");
}

// What is wrong with the bytes, however they are cut.
std::string ProblemOf(const DataFile& file, const std::string& bytes) {
  DataFormCheck whole(file);
  whole.Add(bytes);
  for (const size_t piece : {1, 7, 3073}) {
    DataFormCheck cut(file);
    for (size_t at = 0; at < bytes.size(); at += piece) cut.Add(bytes.substr(at, piece));
    EXPECT_EQ(cut.Problem(), whole.Problem()) << "in pieces of " << piece;
  }
  return whole.Problem();
}

TEST(DataFormTest, AcceptsWhatTheFormSays) {
  for (const DataForm form :
       {DataForm::kIdxImages, DataForm::kIdxLabels, DataForm::kCifar10, DataForm::kCifar100}) {
    const DataFile file{"", form, 12, ""};
    EXPECT_EQ(ProblemOf(file, BytesOf(file)), "");
  }
}

TEST(DataFormTest, ReadsTheHeader) {
  const DataFile images{"", DataForm::kIdxImages, 3, ""};
  const auto with = [&](size_t at, char value) {
    std::string bytes = BytesOf(images);
    bytes[at] = value;
    return ProblemOf(images, bytes);
  };
  EXPECT_EQ(with(3, 1), "the magic number in the header is 2049, and must be 2051");
  EXPECT_EQ(with(7, 4), "the count in the header is 4, and must be 3");
  EXPECT_EQ(with(11, 27), "the height in the header is 27, and must be 28");
  EXPECT_EQ(with(15, 29), "the width in the header is 29, and must be 28");
}

TEST(DataFormTest, FindsLabelsOutOfRange) {
  const auto with = [](DataForm form, size_t at, int value) {
    const DataFile file{"", form, 3, ""};
    std::string bytes = BytesOf(file);
    bytes[at] = static_cast<char>(value);
    return ProblemOf(file, bytes);
  };
  EXPECT_EQ(with(DataForm::kIdxLabels, 8, 9), "");
  EXPECT_EQ(with(DataForm::kIdxLabels, 8, 10), "label 10 at byte 8, and there are 10 classes");
  EXPECT_EQ(with(DataForm::kIdxLabels, 10, 255), "label 255 at byte 10, and there are 10 classes");
  EXPECT_EQ(with(DataForm::kCifar10, 2 * 3073, 10),
            "label 10 at byte 6146, and there are 10 classes");
  EXPECT_EQ(with(DataForm::kCifar100, 3074, 20), "label 20 at byte 3074, and there are 20 classes");
  EXPECT_EQ(with(DataForm::kCifar100, 3075, 99), "");
  EXPECT_EQ(with(DataForm::kCifar100, 3075, 100),
            "label 100 at byte 3075, and there are 100 classes");
}

TEST(DataFormTest, NamesTheSize) {
  const DataFile file{"", DataForm::kCifar10, 2, ""};
  EXPECT_EQ(ProblemOf(file, BytesOf(file) + "x"), "it has 6147 bytes, and must have 6146");
  EXPECT_EQ(ProblemOf(file, ""), "it has 0 bytes, and must have 6146");
}

}  // namespace
}  // namespace adares::client
