// That checks pass on what the store writes, and find what was planted.
#include "server/store/database_check.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/sha256.h"
#include "core/status.h"
#include "server/store/migrator.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/server/history_fixture.h"

namespace adares {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class DatabaseCheckTest : public HistoryTest {
 protected:
  std::string Trial(const LiveAttempt& attempt) const {
    return attempt.id.sweep + "/" + attempt.id.trial;
  }
};

TEST_F(DatabaseCheckTest, WhatTheStoreWroteIsSound) {
  EXPECT_THAT(Findings(), IsEmpty());
  std::vector<std::string> checks;
  for (const CheckResult& result : Check()) {
    checks.push_back(result.check);
    EXPECT_EQ(result.outcome, CheckResult::Outcome::kPassed) << result.check;
  }
  EXPECT_THAT(checks,
              ElementsAre("integrity", "foreign-keys", "schema", "sweep-counts", "sweep-revisions",
                          "whole-sweeps", "attempt-counts", "live-attempts", "superseded-attempts",
                          "results", "checkpoint-files", "surviving-points", "surviving-weights",
                          "summaries"));
}

TEST_F(DatabaseCheckTest, NotANumberIsAValueLikeOthers) {
  Append(running_,
         std::vector<MetricPoint>{{"loss", 7, 0, std::nan("")}, {"other", 0, 0, std::nan("")}});
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(DatabaseCheckTest, CountsOfASweepAreRecounted) {
  Meddle("UPDATE sweep SET queued_trials = 5");
  EXPECT_THAT(Findings(),
              Contains("sweep-counts: sweep-a: it counts 5 queued trials, there are 0"));
  EXPECT_THAT(Findings(), Contains("sweep-counts: sweep-a: it counts 7 trials, there are 2"));
}

TEST_F(DatabaseCheckTest, SummariesAreRecounted) {
  Meddle("UPDATE metric_summary SET max_value = 9 WHERE max_value = 0.25");
  EXPECT_THAT(Findings(),
              ElementsAre("summaries: " + Trial(finished_) +
                          ": the summary of loss says 3 points, last 0.25 at step 2, from 0.0 to "
                          "9.0; a recount gives 3, 0.25 at 2, from 0.0 to 0.25"));
}

TEST_F(DatabaseCheckTest, ASummaryThatIsMissingIsFound) {
  Meddle("DELETE FROM metric_summary WHERE trial_id = " + std::to_string(running_.trial_row));
  EXPECT_THAT(Findings(), testing::SizeIs(2));
  EXPECT_THAT(Findings(), Contains(HasSubstr("the summary of speed says 0 points")));
}

TEST_F(DatabaseCheckTest, APointThatIsMissingIsFound) {
  Meddle("DELETE FROM metric_point WHERE attempt = 2 AND step = 1");
  EXPECT_THAT(Findings(), Contains(HasSubstr("the summary of loss says 3 points")));
}

TEST_F(DatabaseCheckTest, TwoRowsOfOneStepAreFound) {
  Meddle("UPDATE attempt SET surviving_until_step = 1 WHERE number = 1 AND ended_at NOT NULL");
  EXPECT_THAT(Findings(), Contains("surviving-points: " + Trial(lost_) +
                                   ": 2 points of loss at step 1 survive"));
  EXPECT_THAT(Findings(), Contains("surviving-weights: " + Trial(lost_) +
                                   ": 2 skip weights of layer1.0 at step 0 survive"));
}

TEST_F(DatabaseCheckTest, SupersededAttemptsAreTold) {
  Meddle("UPDATE attempt SET surviving_until_step = iif(number = 1, NULL, 3) WHERE trial_id = 1");
  EXPECT_THAT(Findings(), Contains("superseded-attempts: " + Trial(lost_) +
                                   ": all rows of its attempt 1 count, and attempt 2 followed it"));
  EXPECT_THAT(Findings(),
              Contains("superseded-attempts: " + Trial(lost_) +
                       ": its attempt 2 is the newest, and its rows do not count after step 3"));
}

TEST_F(DatabaseCheckTest, AnAttemptThatLivesOnIsFound) {
  Meddle(
      "INSERT INTO attempt (trial_id, number, worker, instance, started_at) "
      "VALUES (1, 3, 'w', 'i', 1)");
  EXPECT_THAT(Findings(), Contains("live-attempts: " + Trial(finished_) +
                                   ": its attempt 3 has not ended, and it is succeeded"));
  EXPECT_THAT(Findings(),
              Contains("attempt-counts: " + Trial(finished_) +
                       ": it counts 2 attempts, there are 3, of which the newest is 3"));
}

TEST_F(DatabaseCheckTest, ATrialWhoseAttemptHasEndedIsFound) {
  Meddle("UPDATE attempt SET ended_at = 1, end_reason = 'error' WHERE ended_at IS NULL");
  EXPECT_THAT(Findings(), Contains("live-attempts: " + Trial(running_) +
                                   ": it is running, and its attempt 1 has ended"));
}

TEST_F(DatabaseCheckTest, ASuccessThatNeverFinishedIsFound) {
  Meddle(
      "UPDATE trial SET attempt_count = 1 WHERE id = 1; "
      "DELETE FROM attempt WHERE trial_id = 1 AND number = 2");
  EXPECT_THAT(Findings(),
              Contains("results: " + Trial(lost_) +
                       ": it has succeeded, and its newest attempt 1 ended as worker-lost"));
}

TEST_F(DatabaseCheckTest, CheckpointsWithoutFilesAndBlobsOfTwoSizesAreFound) {
  const std::string blob(64, 'a');
  const auto add = [&](int64_t step, int64_t size) {
    const Checkpoint checkpoint{step, 0, CheckpointReason::kPeriodic, {{"model", blob, size}}};
    Do([&] { return store_->AddCheckpoint(running_, checkpoint, At(11)); });
  };
  add(1, 5);
  add(2, 5);
  EXPECT_THAT(Findings(), IsEmpty());
  add(3, 6);
  Meddle("DELETE FROM checkpoint_file WHERE checkpoint_id = 2");
  EXPECT_THAT(Findings(),
              ElementsAre("checkpoint-files: " + Trial(running_) +
                              ": its checkpoint of step 2 has no files",
                          "checkpoint-files: blob " + blob + ": checkpoints give it 2 sizes"));
}

TEST_F(DatabaseCheckTest, BlobsThatAreMissingOrOfAnotherSizeAreFound) {
  const std::string there(64, 'a');
  const std::string missing(64, 'b');
  const Checkpoint checkpoint{
      7, 0, CheckpointReason::kPeriodic, {{"model", there, 5}, {"state", missing, 5}}};
  Do([&] { return store_->AddCheckpoint(running_, checkpoint, At(11)); });
  const std::string artifacts = folder_ / "artifacts";
  std::filesystem::create_directories(artifacts + "/aa");
  const auto problems = [&] {
    std::vector<std::string> found;
    CheckObserver observer;
    observer.end = [&](const CheckResult& result) {
      for (const CheckFinding& finding : result.findings) found.push_back(finding.problem);
    };
    EXPECT_TRUE(CheckDatabase(path_, CheckDepth::kAll, observer, artifacts).ok());
    return found;
  };
  std::ofstream(artifacts + "/aa/" + there) << "hello";
  EXPECT_THAT(problems(), ElementsAre(HasSubstr(missing + ", which is not there")));
  std::ofstream(artifacts + "/aa/" + there) << "he";
  EXPECT_THAT(problems(), Contains(HasSubstr(there + ", which has 2 bytes, not 5")));
}

// The server drops a checkpoint and removes its file in the middle of the check.
TEST_F(DatabaseCheckTest, ABlobThatGoesWithItsRowMeanwhileIsNoFinding) {
  const std::string artifacts = folder_ / "artifacts";
  const std::string dropped(64, 'a');
  const std::string missing(64, 'b');
  const std::string there(64, 'c');
  const auto add = [&](int64_t step, const std::string& blob) {
    const Checkpoint checkpoint{step, 0, CheckpointReason::kPeriodic, {{"model", blob, 5}}};
    Do([&] { return store_->AddCheckpoint(running_, checkpoint, At(11)); });
  };
  for (const std::string& blob : {dropped, there}) {
    fixtures::WriteTextFile(artifacts + "/" + blob.substr(0, 2) + "/" + blob, "hello");
  }
  add(7, dropped);
  add(8, missing);
  add(9, there);
  std::string check;
  std::vector<std::string> found;
  CheckObserver observer;
  observer.begin = [&](const std::string& name) { check = name; };
  observer.end = [&](const CheckResult& result) {
    for (const CheckFinding& finding : result.findings) found.push_back(finding.problem);
  };
  observer.stop = [&] {
    if (check != "blobs" || !std::filesystem::exists(artifacts + "/aa/" + dropped)) return false;
    Do([&] { return store_->PruneCheckpoints(running_.trial_row, {.newest = 2}).status(); });
    std::filesystem::remove(artifacts + "/aa/" + dropped);
    return false;
  };
  EXPECT_TRUE(CheckDatabase(path_, CheckDepth::kAll, observer, artifacts).ok());
  EXPECT_FALSE(std::filesystem::exists(artifacts + "/aa/" + dropped));
  EXPECT_THAT(found, ElementsAre(HasSubstr(missing + ", which is not there")));
}

TEST_F(DatabaseCheckTest, ADeepCheckReadsTheBlobs) {
  const auto put = [this](const std::string& content, const std::string& holds) {
    const std::string name = Sha256Hex(content);
    fixtures::WriteTextFile(folder_ / ("artifacts/" + name.substr(0, 2) + "/" + name), holds);
    return name;
  };
  const std::string named = put("hello", "hallo");
  const std::string unnamed = put("old", "odd");
  Do([&] {
    return store_->AddCheckpoint(
        running_, {7, 0, CheckpointReason::kPeriodic, {{"model", named, 5}}}, At(11));
  });
  const auto check = [this](CheckDepth depth, CheckObserver observer) {
    std::vector<std::string> found;
    observer.end = [&](const CheckResult& result) {
      for (const CheckFinding& finding : result.findings) {
        found.push_back(result.check + ": " + finding.subject + ": " + finding.problem);
      }
    };
    EXPECT_TRUE(CheckDatabase(path_, depth, observer, folder_ / "artifacts").ok());
    return found;
  };
  EXPECT_THAT(check(CheckDepth::kAll, {}), IsEmpty()) << "sizes are as they should be";
  CheckObserver observer;
  int64_t done = 0;
  observer.progress = [&](int64_t done_bytes, int64_t total) {
    done = done_bytes;
    EXPECT_EQ(total, 8);
  };
  EXPECT_THAT(check(CheckDepth::kDeep, observer),
              testing::UnorderedElementsAre(
                  "blob-contents: " + Trial(running_) + ": the blob " + named +
                      " of its checkpoint of step 7 has the hash " + Sha256Hex("hallo"),
                  "blob-contents: : the blob " + unnamed +
                      ", which no checkpoint names, has the hash " + Sha256Hex("odd")));
  EXPECT_EQ(done, 8);
}

TEST_F(DatabaseCheckTest, AMissingConfigurationIsFound) {
  Meddle("DELETE FROM trial_spec WHERE trial_id = 1; DELETE FROM sweep_file");
  EXPECT_THAT(Findings(),
              ElementsAre("whole-sweeps: " + Trial(lost_) + ": its configuration is missing",
                          "whole-sweeps: sweep-a: its file is missing"));
}

TEST_F(DatabaseCheckTest, ARevisionThatFellBehindIsFound) {
  Meddle("UPDATE sweep SET revision = 0");
  EXPECT_THAT(Findings(),
              Contains(StartsWith("sweep-revisions: sweep-a: its revision 0 is older")));
}

TEST_F(DatabaseCheckTest, ARowThatBelongsNowhereIsFound) {
  Meddle("INSERT INTO log_line VALUES (99, 1, 'x', 0)");
  EXPECT_THAT(Findings(), ElementsAre("foreign-keys: log_line: a row refers to a row of attempt "
                                      "that is not there"));
}

TEST_F(DatabaseCheckTest, AColumnThatItsCheckForbidsIsFound) {
  Meddle("UPDATE trial SET finished_at = NULL WHERE id = 1");
  EXPECT_THAT(Findings(), Contains(HasSubstr("CHECK constraint failed in trial")));
}

TEST_F(DatabaseCheckTest, ACheckOnlyReads) {
  const std::string wal = fixtures::ReadTextFile(path_ + "-wal");
  const std::string file = fixtures::ReadTextFile(path_);
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_TRUE(fixtures::ReadTextFile(path_) == file);
  EXPECT_TRUE(fixtures::ReadTextFile(path_ + "-wal") == wal);
}

TEST_F(DatabaseCheckTest, AnAlteredSchemaIsFoundAndRowsAreSkipped) {
  Meddle("DROP TRIGGER trial_is_kept");
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("the trigger trial_is_kept is missing")));
  EXPECT_EQ(Check().back().outcome, CheckResult::Outcome::kSkipped);
  EXPECT_EQ(Check().back().note, "the schema is not this program's");
}

TEST_F(DatabaseCheckTest, ANewerSchemaIsFound) {
  Meddle("INSERT INTO schema_migration VALUES (999, 'future', 'x', 0)");
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("the file has schema 999 (future)")));
}

TEST_F(DatabaseCheckTest, FindingsAreCountedBeyondThoseThatAreTold) {
  Meddle(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250) "
      "INSERT INTO log_line SELECT 99, i, 'x', 0 FROM n");
  const CheckResult foreign_keys = Check()[1];
  EXPECT_EQ(foreign_keys.finding_count, 250);
  EXPECT_EQ(foreign_keys.findings.size(), static_cast<size_t>(kMaxFindings));
}

TEST_F(DatabaseCheckTest, ItEndsWhenItIsToldTo) {
  CheckObserver observer;
  observer.stop = [] { return true; };
  EXPECT_EQ(CheckDatabase(path_, CheckDepth::kAll, observer).code(), absl::StatusCode::kCancelled);
}

TEST_F(DatabaseCheckTest, AnOlderSchemaIsToldAndNoError) {
  const std::string path = folder_ / "older.db";
  ADARES_ASSERT_OK(Migrate(path, {EmbeddedMigrations()[0]}, At(0)));
  path_ = path;
  const std::vector<CheckResult> results = Check();
  EXPECT_EQ(results[2].outcome, CheckResult::Outcome::kPassed);
  EXPECT_THAT(results[2].note, StartsWith("version 1; a server migrates it to "));
  EXPECT_EQ(results[3].outcome, CheckResult::Outcome::kSkipped);
  EXPECT_TRUE(CheckStructure(path).ok());
}

// The file without a server, which may be damaged.
class ClosedFileTest : public DatabaseCheckTest {
 protected:
  void SetUp() override {
    DatabaseCheckTest::SetUp();
    store_.reset();
  }

  void Damage(std::streamoff offset, const std::string& bytes) const {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << bytes;
  }
};

TEST_F(ClosedFileTest, DamageIsAFindingAndNoError) {
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path_));
  Damage(size / 2, std::string(static_cast<size_t>(size / 4), 'x'));
  EXPECT_THAT(Findings(), Contains(StartsWith("integrity: : ")));
  const absl::Status status = CheckStructure(path_);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ErrorReason(status), reason::kDatabaseCorrupt);
}

TEST_F(ClosedFileTest, WhatIsNoDatabaseIsAFindingToo) {
  Damage(0, std::string(200, 'x'));
  const std::vector<CheckResult> results = Check();
  for (const size_t check : {0, 1, 2}) {
    EXPECT_EQ(results[check].outcome, CheckResult::Outcome::kFailed) << results[check].check;
  }
  EXPECT_EQ(results.back().outcome, CheckResult::Outcome::kSkipped);
}

TEST_F(ClosedFileTest, ACheckLeavesNothingBesideAClosedFile) {
  EXPECT_THAT(Findings(), IsEmpty());
  for (const char* beside : {"-wal", "-shm"}) {
    EXPECT_FALSE(std::filesystem::exists(path_ + beside)) << beside;
  }
}

TEST_F(ClosedFileTest, AMissingFileIsAnError) {
  EXPECT_EQ(ErrorReason(CheckDatabase(folder_ / "none.db", CheckDepth::kAll, {})),
            reason::kDatabaseMissing);
}

}  // namespace
}  // namespace adares
