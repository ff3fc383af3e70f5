// Archives that are damaged, or made to do harm.
#include "client/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "client/data_errors.h"
#include "core/status.h"
#include "tests/client/small_archives.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const DataFile kTrain{"set/train.bin", DataForm::kCifar100, 3, ""};
const DataFile kTest{"set/test.bin", DataForm::kCifar100, 2, ""};

class UnpackTest : public testing::Test {
 protected:
  UnpackTest() { fs::create_directories(folder_ / "inside"); }

  absl::Status UnpackBytes(const std::string& bytes, Packing packing = Packing::kTarGzip) {
    fixtures::WriteTextFile(folder_ / "set.tar.gz", bytes);
    DataArchive archive{"set.tar.gz", packing, std::ssize(bytes), "", {kTrain}};
    if (packing == Packing::kTarGzip) archive.files.push_back(kTest);
    return Unpack(folder_ / "set.tar.gz", archive, folder_ / "inside");
  }

  // Entries beside the two that are wanted.
  absl::Status UnpackWith(const TarEntry& entry) {
    return UnpackBytes(
        TarGzipOf({{kTrain.path, BytesOf(kTrain)}, entry, {kTest.path, BytesOf(kTest)}}));
  }

  void ExpectInvalid(const absl::Status& status, const std::string& message) {
    EXPECT_EQ(ErrorReason(status), reason::kDataInvalid) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("set.tar.gz " + message));
  }

  // Names of all that lies in the folder of the test.
  size_t FilesOutside() const {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      count += entry.path().filename() != "inside" && entry.path().filename() != "set.tar.gz";
    }
    return count;
  }

  fixtures::TempFolder folder_;
};

TEST_F(UnpackTest, LeavesOtherFilesInTheArchive) {
  ASSERT_TRUE(UnpackWith({"set/readme.html", "<html>"}).ok());
  EXPECT_EQ(fixtures::ReadTextFile(folder_ / "inside/set/train.bin"), BytesOf(kTrain));
  EXPECT_EQ(fixtures::ReadTextFile(folder_ / "inside/set/test.bin"), BytesOf(kTest));
  EXPECT_FALSE(fs::exists(folder_ / "inside/set/readme.html"));
}

TEST_F(UnpackTest, RefusesPathsThatClimb) {
  for (const char* name : {"../evil", "set/../../evil", "..", "./../evil"}) {
    ExpectInvalid(UnpackWith({name, "x"}), "has an entry outside of its folder");
  }
  EXPECT_EQ(FilesOutside(), 0U);
}

TEST_F(UnpackTest, RefusesAbsolutePaths) {
  ExpectInvalid(UnpackWith({folder_ / "evil", "x"}), "has an entry outside of its folder");
  EXPECT_EQ(FilesOutside(), 0U);
}

TEST_F(UnpackTest, RefusesLinks) {
  TarEntry symbolic{"set/link", "", folder_.path()};
  ExpectInvalid(UnpackWith(symbolic), "has an entry that is no file: \"set/link\"");
  TarEntry hard{"set/link", ""};
  hard.hardlink = "/etc/passwd";
  ExpectInvalid(UnpackWith(hard), "has an entry that is no file");
  EXPECT_FALSE(fs::exists(fs::symlink_status(folder_ / "inside/set/link")));
}

TEST_F(UnpackTest, RefusesALinkInTheNameOfAFile) {
  ExpectInvalid(
      UnpackBytes(TarGzipOf({{kTrain.path, "", "/etc/passwd"}, {kTest.path, BytesOf(kTest)}})),
      "has an entry that is no file");
}

TEST_F(UnpackTest, NamesTheFileThatIsNotThere) {
  ExpectInvalid(UnpackBytes(TarGzipOf({{kTrain.path, BytesOf(kTrain)}})), "has no set/test.bin");
}

TEST_F(UnpackTest, RefusesAFileThatComesTwice) {
  ExpectInvalid(UnpackWith({"./" + kTrain.path, BytesOf(kTrain)}), "has set/train.bin twice");
}

TEST_F(UnpackTest, RefusesOtherSizes) {
  const std::string bytes = BytesOf(kTrain);
  ExpectInvalid(UnpackBytes(TarGzipOf({{kTrain.path, bytes + "x"}})),
                "has more than 9222 bytes in set/train.bin");
  ExpectInvalid(UnpackBytes(TarGzipOf({{kTrain.path, bytes.substr(1)}})),
                "has less than 9222 bytes in set/train.bin");
}

TEST_F(UnpackTest, StopsAnArchiveOfEndlessZeros) {
  const std::string zeros(50'000'000, '\0');
  ExpectInvalid(UnpackBytes(GzipOf(zeros), Packing::kGzip), "has more than 9222 bytes");
  EXPECT_LE(fs::file_size(folder_ / "inside/set/train.bin"), 9222U);
}

TEST_F(UnpackTest, RefusesArchivesThatCannotBeReadToTheirEnd) {
  const std::string packed =
      TarGzipOf({{kTrain.path, BytesOf(kTrain)}, {kTest.path, BytesOf(kTest)}});
  ExpectInvalid(UnpackBytes(packed.substr(0, packed.size() / 2)), "is damaged: ");
  ExpectInvalid(UnpackBytes("no archive at all"), "is damaged: ");
}

TEST_F(UnpackTest, TakesTheOneFileOfAGzip) {
  ASSERT_TRUE(UnpackBytes(GzipOf(BytesOf(kTrain)), Packing::kGzip).ok());
  EXPECT_EQ(fixtures::ReadTextFile(folder_ / "inside/set/train.bin"), BytesOf(kTrain));
}

}  // namespace
}  // namespace adares::client
