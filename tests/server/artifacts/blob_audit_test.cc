// That blobs are read and compared with their names.
#include "server/artifacts/blob_audit.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "core/sha256.h"
#include "core/status.h"
#include "tests/fixtures/temp_folder.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class BlobAuditTest : public testing::Test {
 protected:
  // A blob that is named after `content` and holds `holds`; its name.
  std::string Put(const std::string& content, const std::string& holds) {
    const std::string name = Sha256Hex(content);
    fs::create_directories(folder_ / name.substr(0, 2));
    fixtures::WriteTextFile(folder_ / (name.substr(0, 2) + "/" + name), holds);
    return name;
  }

  std::vector<std::string> Found() {
    std::vector<std::string> found;
    observer_.found = [&](const std::string& sha256, const std::string& problem) {
      found.push_back(sha256 + " " + problem);
    };
    EXPECT_TRUE(AuditBlobs(folder_.path(), observer_).ok());
    return found;
  }

  const fixtures::TempFolder folder_;
  AuditObserver observer_;
};

TEST_F(BlobAuditTest, ABlobWithOtherContentIsFound) {
  Put("sound", "sound");
  const std::string changed = Put("before", "betore");
  const std::string cut = Put("long enough", "long");
  EXPECT_THAT(Found(), UnorderedElementsAre(changed + " has the hash " + Sha256Hex("betore"),
                                            cut + " has the hash " + Sha256Hex("long")));
}

TEST_F(BlobAuditTest, WhatIsNoBlobIsPassedOver) {
  fs::create_directory(folder_ / "incoming");
  fixtures::WriteTextFile(folder_ / ("incoming/" + Sha256Hex("x") + ".part"), "half");
  fixtures::WriteTextFile(folder_ / "note", "mine");
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_F(BlobAuditTest, ABlobThatIsRemovedMeanwhileIsNoFinding) {
  Put("one", "changed");
  Put("two", "changed, too");
  const std::string last = std::max(Sha256Hex("one"), Sha256Hex("two"));
  observer_.progress = [&](int64_t, int64_t) {
    fs::remove(folder_ / (last.substr(0, 2) + "/" + last));
  };
  EXPECT_THAT(Found(), testing::SizeIs(1));
}

TEST_F(BlobAuditTest, ProgressGoesUpToTheWhole) {
  Put("one", "one");
  Put("four", "fourfour");
  int64_t last = 0;
  observer_.progress = [&](int64_t done, int64_t total) {
    EXPECT_GE(done, last);
    EXPECT_EQ(total, 11);
    last = done;
  };
  Found();
  EXPECT_EQ(last, 11);
}

TEST_F(BlobAuditTest, ItEndsInTheMiddleOfABlobWhereItShould) {
  Put("large", std::string(3 << 20, 'x'));
  int64_t read = 0;
  observer_.found = [](const std::string&, const std::string&) { FAIL(); };
  observer_.progress = [&](int64_t done, int64_t) { read = done; };
  observer_.stop = [&] { return read > 0; };
  EXPECT_TRUE(absl::IsCancelled(AuditBlobs(folder_.path(), observer_)));
  EXPECT_EQ(read, 1 << 20);
}

TEST_F(BlobAuditTest, AFolderThatIsNotThereHasNone) {
  observer_.found = [](const std::string&, const std::string&) { FAIL(); };
  EXPECT_TRUE(AuditBlobs(folder_ / "none", observer_).ok());
}

}  // namespace
}  // namespace adares
