#include "worker/agent/outbox.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "tests/fixtures/full_disk.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OutboxTest : public ::testing::Test {
 protected:
  Outbox Open(const Outbox::Limits& limits = Outbox::Limits()) {
    auto outbox = Outbox::Open(path_, limits);
    EXPECT_TRUE(outbox.ok()) << outbox.status();
    return *std::move(outbox);
  }

  static void Append(Outbox& outbox, const std::vector<std::string>& records) {
    for (const std::string& record : records) ASSERT_TRUE(outbox.Append(record).ok());
  }

  static Outbox::Batch Next(Outbox& outbox) {
    auto batch = outbox.NextBatch();
    EXPECT_TRUE(batch.ok()) << batch.status();
    return *std::move(batch);
  }

  std::string Bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fixtures::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "outbox";
};

TEST_F(OutboxTest, GivesRecordsInOrderAndOnce) {
  Outbox outbox = Open();
  Append(outbox, {"one", "", "three"});
  const Outbox::Batch batch = Next(outbox);
  EXPECT_EQ(batch.first_sequence, 1);
  EXPECT_THAT(batch.records, ElementsAre("one", "", "three"));
  EXPECT_THAT(Next(outbox).records, IsEmpty());
  Append(outbox, {"four"});
  EXPECT_EQ(Next(outbox).first_sequence, 4);
}

TEST_F(OutboxTest, ABatchHasOnlySoManyRecords) {
  Outbox outbox = Open({.batch_records = 2});
  Append(outbox, {"", "", ""});
  EXPECT_THAT(Next(outbox).records, ::testing::SizeIs(2));
  EXPECT_THAT(Next(outbox).records, ::testing::SizeIs(1));
}

TEST_F(OutboxTest, RewindGivesAgainWhatIsNotAcknowledged) {
  Outbox outbox = Open();
  Append(outbox, {"one", "two", "three"});
  Next(outbox);
  ASSERT_TRUE(outbox.Acknowledge(1).ok());
  EXPECT_FALSE(outbox.drained());
  outbox.Rewind();
  const Outbox::Batch batch = Next(outbox);
  EXPECT_EQ(batch.first_sequence, 2);
  EXPECT_THAT(batch.records, ElementsAre("two", "three"));
  ASSERT_TRUE(outbox.Acknowledge(3).ok());
  EXPECT_TRUE(outbox.drained());
}

// After a reconnect the coordinator may know more than was sent again so far.
TEST_F(OutboxTest, AcknowledgementMayOvertakeWhatWasSent) {
  Outbox outbox = Open();
  Append(outbox, {"one", "two", "three"});
  ASSERT_TRUE(outbox.Acknowledge(2).ok());
  EXPECT_THAT(Next(outbox).records, ElementsAre("three"));
}

// The coordinator's database was put back to a copy that is older than its last answer.
TEST_F(OutboxTest, SmallerAcknowledgementGoesBackToWhatWasLost) {
  Outbox outbox = Open();
  Append(outbox, {"one", "two", "three", "four"});
  Next(outbox);
  ASSERT_TRUE(outbox.Acknowledge(3).ok());
  ASSERT_TRUE(outbox.Acknowledge(1).ok());
  EXPECT_EQ(outbox.acknowledged_sequence(), 1);
  EXPECT_FALSE(outbox.drained());
  const Outbox::Batch batch = Next(outbox);
  EXPECT_EQ(batch.first_sequence, 2);
  EXPECT_THAT(batch.records, ElementsAre("two", "three", "four"));
  ASSERT_TRUE(outbox.Acknowledge(0).ok());
  EXPECT_EQ(Next(outbox).first_sequence, 1);
}

// Batches that were under way when it went back are answered with the same number.
TEST_F(OutboxTest, SameAcknowledgementAgainChangesNothing) {
  Outbox outbox = Open();
  Append(outbox, {"one", "two", "three"});
  Next(outbox);
  ASSERT_TRUE(outbox.Acknowledge(1).ok());
  ASSERT_TRUE(outbox.Acknowledge(1).ok());
  EXPECT_THAT(Next(outbox).records, IsEmpty());
}

TEST_F(OutboxTest, RefusesAcknowledgementOfTheFuture) {
  Outbox outbox = Open();
  Append(outbox, {"one"});
  EXPECT_EQ(outbox.Acknowledge(2).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outbox.acknowledged_sequence(), 0);
}

TEST_F(OutboxTest, BatchEndsWithTheRecordThatReachesItsSize) {
  Outbox outbox = Open({.batch_bytes = 20, .unacknowledged_bytes = 1000});
  Append(outbox, {"0123456789", "0123456789", "0123456789"});  // 14 bytes each on disk
  EXPECT_EQ(Next(outbox).records.size(), 2U);
  EXPECT_EQ(Next(outbox).records.size(), 1U);
}

TEST_F(OutboxTest, RecordLargerThanABatchTravelsAlone) {
  Outbox outbox = Open({.batch_bytes = 20, .unacknowledged_bytes = 1000});
  Append(outbox, {std::string(500, 'x'), "small"});
  EXPECT_THAT(Next(outbox).records, ElementsAre(std::string(500, 'x')));
}

TEST_F(OutboxTest, WaitsForAcknowledgementsWhenMuchIsUnderWay) {
  Outbox outbox = Open({.batch_bytes = 10, .unacknowledged_bytes = 20});
  Append(outbox, {"0123456789", "0123456789", "0123456789"});
  EXPECT_EQ(Next(outbox).records.size(), 1U);
  EXPECT_EQ(Next(outbox).records.size(), 1U);
  EXPECT_THAT(Next(outbox).records, IsEmpty());
  ASSERT_TRUE(outbox.Acknowledge(1).ok());
  EXPECT_EQ(Next(outbox).records.size(), 1U);
}

TEST_F(OutboxTest, ReopenedFileHasAllRecordsAgain) {
  {
    Outbox outbox = Open();
    Append(outbox, {"one", "two"});
    ASSERT_TRUE(outbox.Acknowledge(1).ok());
  }
  Outbox outbox = Open();
  EXPECT_EQ(outbox.last_sequence(), 2);
  EXPECT_THAT(Next(outbox).records, ElementsAre("one", "two"));
  Append(outbox, {"three"});
  EXPECT_EQ(Next(outbox).first_sequence, 3);
}

// Whatever a crash left of the last record: what was whole is there, and the file can be continued.
TEST_F(OutboxTest, EveryTornEndIsCutOff) {
  {
    Outbox outbox = Open();
    Append(outbox, {"one", "two", "three"});
  }
  const std::string whole = Bytes();
  for (size_t size = 0; size <= whole.size(); ++size) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    Outbox outbox = Open();
    const int64_t complete = size < 7 ? 0 : size < 14 ? 1 : size < 23 ? 2 : 3;
    ASSERT_EQ(outbox.last_sequence(), complete) << "of " << size << " bytes";
    Append(outbox, {"new"});
    const Outbox::Batch batch = Next(outbox);
    ASSERT_EQ(static_cast<int64_t>(batch.records.size()), complete + 1);
    ASSERT_EQ(batch.records.back(), "new");
  }
}

TEST_F(OutboxTest, LengthBeyondTheEndCountsAsTorn) {
  std::ofstream(path_, std::ios::binary) << std::string("\xFF\xFF\xFF\xFFxyz");
  EXPECT_EQ(Open().last_sequence(), 0);
}

TEST_F(OutboxTest, FailedAppendLeavesWhatWasThere) {
  Outbox outbox = Open();
  Append(outbox, {"one"});
  absl::Status failed;
  {
    const fixtures::FullDisk full(16);
    failed = outbox.Append("a record beyond the limit");
  }
  EXPECT_EQ(failed.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(failed.message()), HasSubstr(path_.string()));
  EXPECT_EQ(Bytes().size(), 7U);
  Append(outbox, {"two"});
  EXPECT_THAT(Next(outbox).records, ElementsAre("one", "two"));
}

TEST_F(OutboxTest, FolderThatIsMissingIsNamed) {
  const auto outbox = Outbox::Open(folder_ / "missing/outbox");
  ASSERT_FALSE(outbox.ok());
  EXPECT_THAT(std::string(outbox.status().message()), HasSubstr("missing/outbox: No such file"));
}

}  // namespace
}  // namespace adares::worker
