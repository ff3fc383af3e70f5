// Uploads that are cut off, repeated, wrong, at the same time, or too much for the disk.
#include "server/artifacts/blob_store.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <filesystem>

#include "core/sha256.h"
#include "core/status.h"
#include "tests/fixtures/full_disk.h"
#include "tests/fixtures/temp_folder.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

// While it lives this process can open no file.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreFiles() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;

 private:
  rlimit before_ = {};
};

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class BlobStoreTest : public testing::Test {
 protected:
  BlobStoreTest() { Open(); }

  // As a process does that was started anew.
  void Open() {
    store_ = nullptr;
    auto store = BlobStore::Open(root_, options_, now_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  std::string PathOf(const std::string& sha256) const {
    return root_ + "/" + sha256.substr(0, 2) + "/" + sha256;
  }

  static BlobName NameOf(const std::string& content) {
    return {Sha256Hex(content), std::ssize(content)};
  }

  std::unique_ptr<BlobUpload> Begin(const BlobName& blob, int64_t offset = 0) {
    auto upload = store_->Begin(blob, offset, now_);
    EXPECT_TRUE(upload.ok()) << upload.status();
    return upload.ok() ? *std::move(upload) : nullptr;
  }

  absl::Status Put(const std::string& content) {
    auto upload = store_->Begin(NameOf(content), 0, now_);
    if (!upload.ok() || *upload == nullptr) return upload.status();
    ADARES_RETURN_IF_ERROR(store_->Append(**upload, content));
    return store_->Finish(**upload, now_);
  }

  std::string Content(const std::string& sha256) const {
    const auto reader = store_->Read(sha256);
    if (!reader.ok()) return ErrorReason(reader.status());
    return (*reader)->Read(0, 1 << 20).value_or("unreadable");
  }

  std::vector<std::string> Incoming() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(root_ + "/incoming")) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  static std::string ReasonOf(const absl::Status& status) { return ErrorReason(status); }

  fixtures::TempFolder folder_;
  const std::string root_ = folder_ / "artifacts";
  BlobStoreOptions options_{.reserve_bytes = 0};
  Timestamp now_ = SystemNow();
  std::unique_ptr<BlobStore> store_;
};

TEST_F(BlobStoreTest, ABlobIsThereUnderItsHash) {
  const BlobName blob = NameOf("hello");
  EXPECT_FALSE(*store_->IsWhole(blob, now_));
  ASSERT_TRUE(Put("hello").ok());
  EXPECT_TRUE(*store_->IsWhole(blob, now_));
  EXPECT_EQ(Content(blob.sha256), "hello");
  EXPECT_TRUE(fs::exists(root_ + "/" + blob.sha256.substr(0, 2) + "/" + blob.sha256));
  EXPECT_THAT(Incoming(), IsEmpty());
  EXPECT_EQ(store_->index().bytes(), 5);
  EXPECT_EQ(Content(Sha256Hex("other")), "BLOB_NOT_FOUND");
}

TEST_F(BlobStoreTest, AnEmptyBlobIsOne) {
  ASSERT_TRUE(Put("").ok());
  EXPECT_EQ(Content(Sha256Hex("")), "");
}

TEST_F(BlobStoreTest, AnUploadGoesOnWhereItWasCutOff) {
  const BlobName blob = NameOf("hello world");
  auto upload = Begin(blob);
  ASSERT_TRUE(store_->Append(*upload, "hello ").ok());
  upload = nullptr;
  EXPECT_EQ(store_->Received(blob), 6);
  const auto wrong = store_->Begin(blob, 0, now_);
  EXPECT_EQ(ReasonOf(wrong.status()), "UPLOAD_MOVED");
  EXPECT_EQ(ErrorMetadata(wrong.status()).at("received_bytes"), "6");
  upload = Begin(blob, 6);
  EXPECT_FALSE(upload->is_complete());
  ASSERT_TRUE(store_->Append(*upload, "world").ok());
  EXPECT_TRUE(upload->is_complete());
  ASSERT_TRUE(store_->Finish(*upload, now_).ok());
  EXPECT_EQ(Content(blob.sha256), "hello world");
}

TEST_F(BlobStoreTest, AProcessThatWasKilledLeavesAPartThatGoesOn) {
  const BlobName blob = NameOf("hello world");
  auto upload = Begin(blob);
  ASSERT_TRUE(store_->Append(*upload, "hello world").ok());  // and then nothing
  upload = nullptr;
  Open();
  EXPECT_FALSE(*store_->IsWhole(blob, now_)) << "nobody has verified it";
  EXPECT_EQ(store_->Received(blob), 11);
  upload = Begin(blob, 11);
  ASSERT_TRUE(upload->is_complete());
  ASSERT_TRUE(store_->Finish(*upload, now_).ok());
  Open();
  EXPECT_TRUE(*store_->IsWhole(blob, now_));
  EXPECT_EQ(store_->index().bytes(), 11);
}

TEST_F(BlobStoreTest, WrongContentIsDropped) {
  const BlobName blob = NameOf("hello");
  auto upload = Begin(blob);
  ASSERT_TRUE(store_->Append(*upload, "jello").ok());
  EXPECT_EQ(ReasonOf(store_->Finish(*upload, now_)), "BLOB_MISMATCH");
  EXPECT_EQ(store_->Received(blob), 0);
  EXPECT_THAT(Incoming(), IsEmpty());
  EXPECT_FALSE(*store_->IsWhole(blob, now_));
  EXPECT_TRUE(Put("hello").ok()) << "another try";
}

TEST_F(BlobStoreTest, BytesBeyondTheEndAreRefused) {
  auto upload = Begin(NameOf("hello"));
  EXPECT_TRUE(absl::IsInvalidArgument(store_->Append(*upload, "hello!")));
  EXPECT_TRUE(store_->Append(*upload, "hello").ok()) << "nothing of it was written";
  EXPECT_TRUE(store_->Finish(*upload, now_).ok());
}

TEST_F(BlobStoreTest, ABlobThatIsThereNeedNotBeUploadedAgain) {
  ASSERT_TRUE(Put("hello").ok());
  const auto again = store_->Begin(NameOf("hello"), 0, now_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, nullptr);
  const BlobName other{Sha256Hex("hello"), 7};
  EXPECT_TRUE(absl::IsInvalidArgument(store_->Begin(other, 0, now_).status())) << "another size";
  EXPECT_TRUE(absl::IsInvalidArgument(store_->IsWhole(other, now_).status()));
}

TEST_F(BlobStoreTest, TheLaterOfTwoUploadsTakesOver) {
  const BlobName blob = NameOf("hello world");
  const auto first = Begin(blob);
  ASSERT_TRUE(store_->Append(*first, "hello ").ok());
  const auto second = Begin(blob, 6);
  EXPECT_EQ(ReasonOf(store_->Append(*first, "world")), "UPLOAD_MOVED");
  ASSERT_TRUE(store_->Append(*second, "world").ok());
  ASSERT_TRUE(store_->Finish(*second, now_).ok());
  EXPECT_EQ(ReasonOf(store_->Append(*first, "world")), "UPLOAD_MOVED");
  EXPECT_EQ(Content(blob.sha256), "hello world");
}

TEST_F(BlobStoreTest, AFullDiskIsAnErrorAndLeavesNothing) {
  const std::string content(100'000, 'x');
  const auto upload = Begin(NameOf(content));
  {
    const fixtures::FullDisk full(50'000);
    EXPECT_EQ(ReasonOf(store_->Append(*upload, content)), "STORAGE_FULL");
    EXPECT_THAT(Incoming(), IsEmpty()) << "the room is free at once";
    EXPECT_TRUE(Put("small").ok()) << "others go on";
  }
  EXPECT_EQ(ReasonOf(store_->Append(*upload, content)), "UPLOAD_MOVED");
  EXPECT_TRUE(Put(content).ok()) << "when there is room again";
}

TEST_F(BlobStoreTest, SomeOfTheDiskIsKeptForTheDatabase) {
  ASSERT_TRUE(Put("hello").ok());
  options_.reserve_bytes = int64_t{1} << 60;
  Open();
  EXPECT_EQ(ReasonOf(Put("world")), "STORAGE_FULL");
  EXPECT_THAT(Incoming(), IsEmpty());
  EXPECT_EQ(Content(Sha256Hex("hello")), "hello");
}

TEST_F(BlobStoreTest, ARetiredBlobIsOutOfSightAndThenGone) {
  ASSERT_TRUE(Put("hello").ok());
  const BlobName blob = NameOf("hello");
  ASSERT_TRUE(store_->index().Retire(blob.sha256, now_));
  EXPECT_FALSE(store_->index().Retire(blob.sha256, now_)) << "once";
  EXPECT_FALSE(*store_->IsWhole(blob, now_));
  EXPECT_EQ(Content(blob.sha256), "BLOB_NOT_FOUND");
  ASSERT_TRUE(store_->RemoveRetired(blob.sha256).ok());
  EXPECT_FALSE(fs::exists(root_ + "/" + blob.sha256.substr(0, 2) + "/" + blob.sha256));
  EXPECT_EQ(store_->index().bytes(), 0);
  EXPECT_TRUE(store_->RemoveRetired(blob.sha256).ok()) << "again, nothing";
}

TEST_F(BlobStoreTest, ABlobThatCameAgainIsNotRemoved) {
  ASSERT_TRUE(Put("hello").ok());
  const std::string sha256 = Sha256Hex("hello");
  ASSERT_TRUE(store_->index().Retire(sha256, now_));
  ASSERT_TRUE(Put("hello").ok());
  ASSERT_TRUE(store_->RemoveRetired(sha256).ok());
  EXPECT_EQ(Content(sha256), "hello");
}

TEST_F(BlobStoreTest, ABlobThatIsAboutToBeNamedIsNotRetired) {
  ASSERT_TRUE(Put("hello").ok());
  ASSERT_TRUE(*store_->IsWhole(NameOf("hello"), now_));
  EXPECT_FALSE(store_->index().Retire(Sha256Hex("hello"), now_));
  EXPECT_TRUE(store_->index().Retire(Sha256Hex("hello"), now_ + BlobIndex::kUnnamedFor));
  store_->index().Restore(Sha256Hex("hello"));
  EXPECT_EQ(Content(Sha256Hex("hello")), "hello");
}

TEST_F(BlobStoreTest, OldBlobsAreListedInParts) {
  for (const char* content : {"a", "b", "c"}) ASSERT_TRUE(Put(content).ok());
  std::string after;
  EXPECT_THAT(store_->index().Old(now_, 10, after), IsEmpty()) << "too young";
  now_ += BlobIndex::kUnnamedFor;
  EXPECT_THAT(store_->index().Old(now_, 2, after), SizeIs(2));
  EXPECT_FALSE(after.empty());
  EXPECT_THAT(store_->index().Old(now_, 2, after), SizeIs(1));
  EXPECT_TRUE(after.empty());
}

TEST_F(BlobStoreTest, WhatIsThereAtAStartIsNoOlderThanTheStart) {
  ASSERT_TRUE(Put("hello").ok());
  now_ += 10 * BlobIndex::kUnnamedFor;
  Open();
  std::string after;
  EXPECT_THAT(store_->index().Old(now_, 10, after), IsEmpty()) << "nobody could name it";
  EXPECT_THAT(store_->index().Old(now_ + BlobIndex::kUnnamedFor, 10, after), SizeIs(1));
}

TEST_F(BlobStoreTest, WhatIsThereCanBeKeptForLonger) {
  ASSERT_TRUE(Put("hello").ok());
  options_.found_kept_until = now_ + std::chrono::days(7);
  Open();
  ASSERT_TRUE(Put("new").ok());
  std::string after;
  EXPECT_THAT(store_->index().Old(now_ + std::chrono::days(6), 10, after),
              ElementsAre(Sha256Hex("new")));
  EXPECT_THAT(store_->index().Old(now_ + std::chrono::days(8), 10, after), SizeIs(2));
}

TEST_F(BlobStoreTest, ADatabaseKeepsRoomForItsBackup) {
  const std::string database = folder_ / "adares.db";
  options_.database = database;
  Open();
  EXPECT_TRUE(Put("hello").ok());
  fixtures::WriteTextFile(database + "-wal", "");
  fs::resize_file(database + "-wal", uintmax_t{1} << 42);  // takes no room
  EXPECT_EQ(ReasonOf(Put("world")), "STORAGE_FULL");
}

TEST_F(BlobStoreTest, AFileThatCannotBeOpenedIsNotGone) {
  ASSERT_TRUE(Put("hello").ok());
  const std::string sha256 = Sha256Hex("hello");
  {
    const NoMoreFiles none;
    EXPECT_EQ(Content(sha256), "STORAGE_FAILED");
  }
  EXPECT_EQ(Content(sha256), "hello");
  fs::remove(PathOf(sha256));
  EXPECT_EQ(Content(sha256), "BLOB_NOT_FOUND");
  EXPECT_EQ(store_->index().count(), 0) << "it is forgotten, so that it can come again";
  EXPECT_TRUE(Put("hello").ok());
  EXPECT_EQ(Content(sha256), "hello");
}

TEST_F(BlobStoreTest, ABlobThatHasItsNameIsNotShortenedByAFailure) {
  ASSERT_TRUE(Put("hello").ok());
  const BlobName blob = NameOf("hello");
  ASSERT_TRUE(store_->index().Retire(blob.sha256, now_));
  ASSERT_TRUE(store_->RemoveRetired(blob.sha256).ok());
  const auto upload = Begin(blob);
  ASSERT_TRUE(store_->Append(*upload, "hello").ok());
  {
    const NoMoreFiles none;  // its folder cannot be flushed
    EXPECT_EQ(ReasonOf(store_->Finish(*upload, now_)), "STORAGE_FAILED");
  }
  EXPECT_EQ(fixtures::ReadTextFile(PathOf(blob.sha256)), "hello");
  EXPECT_FALSE(*store_->IsWhole(blob, now_)) << "nobody may rely on it";
  EXPECT_TRUE(Put("hello").ok());
}

TEST_F(BlobStoreTest, ABlobThatCannotBeRemovedIsTriedAgain) {
  ASSERT_TRUE(Put("hello").ok());
  const std::string sha256 = Sha256Hex("hello");
  const std::string in_the_way = root_ + "/incoming/" + sha256 + ".gone";
  fs::create_directories(in_the_way + "/x");
  ASSERT_TRUE(store_->index().Retire(sha256, now_));
  EXPECT_EQ(ReasonOf(store_->RemoveRetired(sha256)), "STORAGE_FAILED");
  fs::remove_all(in_the_way);
  std::string after;
  EXPECT_THAT(store_->index().Old(now_ + BlobIndex::kUnnamedFor, 10, after), ElementsAre(sha256));
  ASSERT_TRUE(store_->index().Retire(sha256, now_));
  EXPECT_TRUE(store_->RemoveRetired(sha256).ok());
  EXPECT_FALSE(fs::exists(PathOf(sha256)));
}

TEST_F(BlobStoreTest, ADamagedFileOfAnotherSizeMakesPlaceForTheBlob) {
  ASSERT_TRUE(Put("hello").ok());
  const BlobName blob = NameOf("hello");
  fs::resize_file(PathOf(blob.sha256), 2);
  Open();
  const absl::StatusOr<bool> is_whole = store_->IsWhole(blob, now_);
  ASSERT_TRUE(is_whole.ok()) << is_whole.status();
  EXPECT_FALSE(*is_whole);
  EXPECT_THAT(Incoming(), IsEmpty());
  ASSERT_TRUE(Put("hello").ok());
  EXPECT_EQ(Content(blob.sha256), "hello");
  EXPECT_EQ(store_->index().bytes(), 5);
}

TEST_F(BlobStoreTest, ADamagedBlobIsRemovedUnlessItCameAgain) {
  ASSERT_TRUE(Put("hello").ok());
  const std::string sha256 = NameOf("hello").sha256;
  const auto damaged = store_->Read(sha256);
  ASSERT_TRUE(damaged.ok());
  fs::remove(PathOf(sha256));
  EXPECT_EQ(Content(sha256), "BLOB_NOT_FOUND");
  ASSERT_TRUE(Put("hello").ok());
  EXPECT_TRUE(store_->RemoveDamaged(sha256, **damaged).ok());
  EXPECT_EQ(Content(sha256), "hello") << "it is another file";
  const auto whole = store_->Read(sha256);
  EXPECT_TRUE(store_->RemoveDamaged(sha256, **whole).ok());
  EXPECT_EQ(Content(sha256), "BLOB_NOT_FOUND");
  EXPECT_EQ(store_->index().bytes(), 0);
  EXPECT_THAT(Incoming(), IsEmpty());
}

TEST_F(BlobStoreTest, PartsThatNobodyContinuesGo) {
  const auto live = Begin(NameOf("hello"));
  ASSERT_TRUE(store_->Append(*live, "he").ok());
  auto left = Begin(NameOf("world"));
  ASSERT_TRUE(store_->Append(*left, "wo").ok());
  left = nullptr;
  store_->RemoveOldParts(now_);
  EXPECT_THAT(Incoming(), SizeIs(2));
  store_->RemoveOldParts(now_ + 2 * BlobIndex::kUnnamedFor);
  EXPECT_THAT(Incoming(), ElementsAre(Sha256Hex("hello") + ".part"));
}

TEST_F(BlobStoreTest, WhatAKilledProcessHadBegunToRemoveGoes) {
  fixtures::WriteTextFile(root_ + "/incoming/" + Sha256Hex("x") + ".gone", "x");
  Open();
  EXPECT_THAT(Incoming(), IsEmpty());
}

TEST_F(BlobStoreTest, ARemovedBlobThatIsBeingReadIsReadToItsEnd) {
  ASSERT_TRUE(Put("hello").ok());
  const auto reader = store_->Read(Sha256Hex("hello"));
  ASSERT_TRUE(reader.ok());
  ASSERT_TRUE(store_->index().Retire(Sha256Hex("hello"), now_));
  ASSERT_TRUE(store_->RemoveRetired(Sha256Hex("hello")).ok());
  EXPECT_EQ(*(*reader)->Read(0, 10), "hello");
  EXPECT_EQ(*(*reader)->Read(3, 10), "lo");
}

}  // namespace
}  // namespace adares
