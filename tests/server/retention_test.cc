// What retention finds and deletes, and above all what it leaves.
#include "server/store/retention.h"

#include <gmock/gmock.h>

#include "tests/server/history_fixture.h"

namespace adares {
namespace {

using testing::IsEmpty;

class RetentionTest : public HistoryTest {
 protected:
  std::vector<PrunePiece> Pieces(Timestamp before, int rows_per_piece = 1000) const {
    const auto scan = PrunableScan::Open(path_, {before, rows_per_piece});
    EXPECT_TRUE(scan.ok()) << scan.status();
    std::vector<PrunePiece> pieces;
    for (;;) {
      const auto piece = (*scan)->Next();
      EXPECT_TRUE(piece.ok()) << piece.status();
      if (!piece.ok() || !piece->has_value()) return pieces;
      pieces.push_back(**piece);
    }
  }

  static PruneCounts Sum(const std::vector<PrunePiece>& pieces) {
    PruneCounts sum;
    for (const PrunePiece& piece : pieces) {
      sum.log_lines += piece.counts.log_lines;
      sum.log_bytes += piece.counts.log_bytes;
      sum.points += piece.counts.points;
      sum.skip_weights += piece.counts.skip_weights;
      sum.flags += piece.counts.flags;
      sum.checkpoints += piece.counts.checkpoints;
    }
    return sum;
  }

  int64_t Delete(const std::vector<PrunePiece>& pieces, Timestamp before) {
    int64_t deleted = 0;
    for (const PrunePiece& piece : pieces) {
      Do([&] {
        const auto rows = store_->Prune(piece, before);
        if (rows.ok()) deleted += *rows;
        return rows.status();
      });
    }
    return deleted;
  }

  std::string Of(const LiveAttempt& attempt) const {
    return " WHERE trial_id = " + std::to_string(attempt.trial_row) +
           " AND attempt = " + std::to_string(attempt.id.attempt);
  }
  int64_t Lines(const LiveAttempt& attempt) const {
    return Number("SELECT count(*) FROM log_line WHERE attempt_id = " +
                  std::to_string(attempt.attempt_row));
  }
};

TEST_F(RetentionTest, NothingIsOldEnoughBeforeAnAttemptHasEnded) {
  EXPECT_THAT(Pieces(At(5)), IsEmpty());
}

TEST_F(RetentionTest, LogsOfEndedAttemptsAndSupersededRowsAreFound) {
  const PruneCounts counts = Sum(Pieces(At(100)));
  EXPECT_EQ(counts.log_lines, 4 + 3);
  EXPECT_EQ(counts.log_bytes, 7 * 6);
  EXPECT_EQ(counts.points, 4 * 2);
  EXPECT_EQ(counts.skip_weights, 4);
  EXPECT_EQ(counts.flags, 1);
}

TEST_F(RetentionTest, OfTheCheckpointsOfATrialThatIsOverTheFinalOneStays) {
  const auto add = [&](const LiveAttempt& attempt, int64_t step, CheckpointReason reason) {
    const Checkpoint checkpoint{step, 0, reason, {{"model", std::string(64, 'a'), 1}}};
    Do([&] { return store_->AddCheckpoint(attempt, checkpoint, At(20)); });
  };
  add(lost_, 4, CheckpointReason::kPeriodic);
  add(finished_, 1, CheckpointReason::kPeriodic);
  add(finished_, 2, CheckpointReason::kFinal);
  add(running_, 1, CheckpointReason::kPeriodic);
  add(running_, 2, CheckpointReason::kPeriodic);
  const std::vector<PrunePiece> pieces = Pieces(At(100));
  EXPECT_EQ(Sum(pieces).checkpoints, 2);
  EXPECT_EQ(Sum(Pieces(At(9))).checkpoints, 0) << "its trial ended then";
  EXPECT_EQ(Delete(pieces, At(100)), Sum(pieces).rows());
  EXPECT_EQ(Number("SELECT count(*) FROM checkpoint" + Of(running_)), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM checkpoint"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM checkpoint WHERE reason = 'final'"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM checkpoint_file"), 3);
}

TEST_F(RetentionTest, AgeIsThatOfTheAttemptsEnd) {
  EXPECT_EQ(Sum(Pieces(At(6))).log_lines, 4) << "the second attempt ended later";
}

TEST_F(RetentionTest, WhatWasFoundIsDeletedAndNothingElse) {
  const std::vector<PrunePiece> pieces = Pieces(At(100));
  EXPECT_EQ(Delete(pieces, At(100)), Sum(pieces).rows());
  EXPECT_THAT(Pieces(At(100)), IsEmpty());
  EXPECT_EQ(Lines(lost_) + Lines(finished_), 0);
  EXPECT_EQ(Lines(running_), 2);
  for (const char* table : {"metric_point", "skip_weight", "flag"}) {
    const std::string count = std::string("SELECT count(*) FROM ") + table;
    EXPECT_EQ(Number(count + Of(lost_)), 0) << table;
    EXPECT_GT(Number(count + Of(finished_)), 0) << table;
    EXPECT_GT(Number(count + Of(running_)), 0) << table;
  }
  EXPECT_EQ(Number("SELECT count(*) FROM attempt"), 3);
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(RetentionTest, ViewsShowTheSameBeforeAndAfter) {
  const auto surviving = [this] {
    return Number("SELECT count(*) FROM v1_metrics") * 1000 +
           Number("SELECT count(*) FROM v1_skip_weights") * 10 +
           Number("SELECT count(*) FROM v1_flags");
  };
  const int64_t before = surviving();
  Delete(Pieces(At(100)), At(100));
  EXPECT_EQ(surviving(), before);
}

TEST_F(RetentionTest, SmallPiecesComeToTheSame) {
  for (const int rows : {1, 2, 3}) {
    const std::vector<PrunePiece> pieces = Pieces(At(100), rows);
    EXPECT_EQ(Sum(pieces).rows(), Sum(Pieces(At(100))).rows()) << rows;
    for (const PrunePiece& piece : pieces) EXPECT_LE(piece.counts.rows(), rows);
  }
  EXPECT_EQ(Delete(Pieces(At(100), 2), At(100)), 7 + 8 + 4 + 1);
}

TEST_F(RetentionTest, RowsUpToTheStepThatSurvivesStay) {
  Meddle("UPDATE attempt SET surviving_until_step = 1 WHERE number = 1 AND ended_at NOT NULL");
  Delete(Pieces(At(100)), At(100));
  EXPECT_EQ(Number("SELECT count(*) FROM metric_point" + Of(lost_)), 2 * 2);
  EXPECT_EQ(Number("SELECT max(step) FROM metric_point" + Of(lost_)), 1);
}

TEST_F(RetentionTest, TheWriterLooksAgain) {
  const std::vector<PrunePiece> pieces = Pieces(At(100));
  EXPECT_EQ(Delete(pieces, At(5)), 0) << "no attempt had ended before";
  EXPECT_EQ(Lines(lost_), 4);
}

TEST_F(RetentionTest, AScanEndsWhenItIsToldTo) {
  Meddle(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
      "INSERT INTO metric_point SELECT 2, 1, i + 100, 1, 0, 0 FROM n; "
      "UPDATE attempt SET surviving_until_step = 1000000 WHERE trial_id = 2; "
      "UPDATE attempt SET ended_at = 1, end_reason = 'error' WHERE trial_id = 2");
  const auto scan = PrunableScan::Open(path_, {At(2), 10, [] { return true; }});
  ASSERT_TRUE(scan.ok());
  absl::Status last;
  while (last.ok()) {
    const auto piece = (*scan)->Next();
    if (piece.ok() && !piece->has_value()) break;
    last = piece.status();
  }
  EXPECT_EQ(last.code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace adares
