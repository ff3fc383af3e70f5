// That what must not be in a database is found when somebody puts it there.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "tests/fixtures/database.h"
#include "tests/server/store_fixture.h"
#include "tests/torture/results.h"
#include "tests/torture/row_rules.h"
#include "tests/torture/watcher.h"

namespace adares::torture {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A trial whose first attempt was lost after step 4 and whose second began anew, reported 6 steps
// and runs.
class RowChecksTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    Insert(MakePlan({.name = "scripted-1", .variants = 1, .seeds = {0}}));
    const LiveAttempt first = Claim(At(1));
    Report(first, 4);
    End(first, EndReason::kWorkerLost, TrialState::kQueued, At(2));
    attempt_ = Claim(At(3));
    Report(attempt_, 6);
    trial_ = absl::StrCat("scripted-1/", attempt_.id.trial);
  }

  void Report(const LiveAttempt& attempt, int steps) {
    const auto number = static_cast<double>(attempt.id.attempt);
    std::vector<LogLine> lines;
    for (int step = 1; step <= steps; ++step) {
      Append(attempt, std::vector<MetricPoint>{{"train/loss", step, 0, 1.0 / step},
                                               {kAttemptKey, step, 0, number}});
      lines.push_back({step, "step", At(step)});
    }
    Append(attempt, lines);
  }

  void Meddle(const std::string& sql) const {
    fixtures::Database(path_).Execute(
        "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;"
        "DROP TRIGGER IF EXISTS trial_transition_valid;"
        "DROP TRIGGER IF EXISTS trial_releases_attempt;"
        "DROP TRIGGER IF EXISTS attempt_end_is_final;" +
        sql);
  }

  // What is found once this is done to the database.
  std::vector<std::string> BreachesAfter(const std::string& sql) const {
    Meddle(sql);
    return BreachesOfRows(path_);
  }

  std::vector<std::string> LookAfter(const std::string& sql) {
    Watcher watcher(path_);
    watcher.Look();
    EXPECT_THAT(watcher.findings(), IsEmpty());
    Meddle(sql);
    watcher.Look();
    watcher.Look();  // what stays is found once
    return watcher.findings();
  }

  LiveAttempt attempt_;
  std::string trial_;
};

constexpr char kOfAttemptPoints[] =
    " key_id = (SELECT id FROM metric_key WHERE name = 'attempt/number')";
constexpr char kOfLoss[] = " key_id = (SELECT id FROM metric_key WHERE name = 'train/loss')";

TEST_F(RowChecksTest, WhatTheStoreWroteIsSound) {
  EXPECT_THAT(BreachesOfRows(path_), IsEmpty());
  EXPECT_THAT(LookAfter(""), IsEmpty());
}

TEST_F(RowChecksTest, AHoleIsFound) {
  EXPECT_THAT(BreachesAfter(absl::StrCat("DELETE FROM metric_point WHERE attempt = 1 AND step = 2",
                                         " AND", kOfLoss)),
              ElementsAre(absl::StrCat("attempt ", trial_,
                                       "#1 has a hole: epochs 0 to 0, 1 of them; steps 1 to 4, 3 "
                                       "of them")));
}

TEST_F(RowChecksTest, APointOfAnotherAttemptIsFound) {
  EXPECT_THAT(
      BreachesAfter(
          absl::StrCat("UPDATE metric_point SET value = 1 WHERE attempt = 2 AND step = 5 AND",
                       kOfAttemptPoints)),
      ElementsAre(absl::StrCat("attempt ", trial_, "#2 has at step 5 a point of attempt ", "1.0")));
}

TEST_F(RowChecksTest, AWrongBeginningIsFound) {
  EXPECT_THAT(BreachesAfter("UPDATE attempt SET resumed_step = 2 WHERE number = 2"),
              Contains(absl::StrCat("attempt ", trial_,
                                    "#2 went on from step 2 and reported step 1 first")));
}

TEST_F(RowChecksTest, AStepThatTheCheckpointHadIsFound) {
  EXPECT_THAT(BreachesAfter("UPDATE attempt SET resumed_step = 2 WHERE number = 2"),
              Contains(HasSubstr("#2 went on from step 2 and has a point of step 1")));
}

// The second attempt's first steps are gone, and the first one's count after its last.
TEST_F(RowChecksTest, AnEarlierAttemptAfterALaterOneIsFound) {
  EXPECT_THAT(
      BreachesAfter("UPDATE attempt SET surviving_until_step = 3 WHERE number = 2;"
                    "UPDATE attempt SET surviving_until_step = NULL WHERE number = 1;"
                    "DELETE FROM metric_point WHERE attempt = 1 AND step < 4;"),
      Contains(absl::StrCat("attempt ", trial_, "#1 has step 4, and step 3 is of attempt 2")));
}

TEST_F(RowChecksTest, ACheckpointWhereNoneWasWantedIsFound) {
  EXPECT_THAT(BreachesAfter("UPDATE trial SET scratch_after = 1;"
                            "UPDATE attempt SET resumed_step = 1 WHERE number = 2"),
              Contains(HasSubstr("#2 went on from step 1 and was to begin from scratch")));
}

TEST_F(RowChecksTest, AMissingLogLineIsFound) {
  EXPECT_THAT(BreachesAfter("DELETE FROM log_line WHERE number = 1 AND attempt_id = 1"),
              ElementsAre(absl::StrCat("attempt ", trial_, "#1 has 3 log lines, numbered 2 to 4")));
}

TEST_F(RowChecksTest, RowsAfterTheEndAreFound) {
  EXPECT_THAT(
      LookAfter("INSERT INTO metric_point SELECT trial_id, key_id, 9, 1, 0, 1 FROM metric_point"
                " WHERE attempt = 1 AND step = 4"),
      ElementsAre(absl::StrCat("attempt ", trial_,
                               "#1 had ended with 8 rows and 4 log lines and has 10 and 4")));
}

TEST_F(RowChecksTest, ALogLineAfterTheEndIsFound) {
  EXPECT_THAT(LookAfter("INSERT INTO log_line VALUES (1, 5, 'late', 0)"),
              ElementsAre(absl::StrCat("attempt ", trial_,
                                       "#1 had ended with 8 rows and 4 log lines and has 8 and "
                                       "5")));
}

TEST_F(RowChecksTest, ACheckpointAfterTheEndIsFound) {
  EXPECT_THAT(
      LookAfter("INSERT INTO checkpoint VALUES (1, 1, 1, 4, 0, 'periodic', 0)"),
      ElementsAre(absl::StrCat("attempt ", trial_, "#1 has a checkpoint that came after its end")));
}

TEST_F(RowChecksTest, RowsThatAreGoneAreFound) {
  EXPECT_THAT(LookAfter("DELETE FROM metric_point WHERE attempt = 2 AND step = 6"),
              ElementsAre(HasSubstr("#2 had 12 rows and 6 log lines and has 10 and 6")));
}

TEST_F(RowChecksTest, AnotherEndIsFound) {
  EXPECT_THAT(LookAfter("UPDATE attempt SET end_reason = 'error' WHERE number = 1"),
              ElementsAre(HasSubstr("#1 had ended as worker-lost at")));
}

TEST_F(RowChecksTest, AFailureThatItsAttemptsDoNotExplainIsFound) {
  EXPECT_THAT(
      LookAfter("UPDATE attempt SET end_reason = 'worker-lost', ended_at = 9 WHERE number = 2;"
                "UPDATE trial SET state = 'failed', current_attempt = NULL, finished_at = 9"),
      ElementsAre(absl::StrCat("trial ", trial_, " has failed after 2 attempts as worker-lost")));
}

TEST_F(RowChecksTest, TooManyTrialsAtATimeAreFound) {
  Insert(MakePlan({.name = "scripted-2", .variants = 2, .seeds = {0}}));
  EXPECT_THAT(LookAfter("UPDATE sweep SET max_parallel = 1;"
                        "UPDATE trial SET state = 'running' WHERE sweep_id = 2"),
              ElementsAre("sweep scripted-2 runs 2 trials and may run 1"));
}

TEST_F(RowChecksTest, AStopWithoutARuleIsFound) {
  EXPECT_THAT(LookAfter("UPDATE trial SET state = 'stopping', stop_aim = 'stop-early'"),
              ElementsAre(absl::StrCat("trial ", trial_,
                                       " is stopping-stop-early, and its sweep has no rule")));
}

TEST_F(RowChecksTest, ABackupWithoutWhatWasThereIsFound) {
  Watcher watcher(path_);
  watcher.Acknowledge("scripted-1");
  watcher.Look();
  const Known known = watcher.known();
  EXPECT_THAT(known.attempts, testing::SizeIs(1)) << "the other one has not ended";
  Watcher whole(path_, "", known);
  whole.Look();
  EXPECT_THAT(whole.findings(), IsEmpty());
  Meddle("DELETE FROM attempt; DROP TRIGGER trial_is_kept; DELETE FROM trial; DELETE FROM sweep");
  Watcher empty(path_, "", known);
  empty.Look();
  EXPECT_THAT(empty.findings(), ElementsAre("sweep scripted-1 was acknowledged and is gone",
                                            absl::StrCat("attempt ", trial_, "#1 is gone")));
}

TEST(DifferenceTest, OfAStoppedTrialOnlyTheEndMayBeMissing) {
  const Results whole = {{"1", {"5|point|a", "9|point|a", "end|hashes|x"}}};
  EXPECT_EQ(Difference(whole, {{"1", {"5|point|a"}}}, {"1"}, 5), "");
  EXPECT_EQ(Difference(whole, {{"1", {"5|point|a", "9|point|a"}}}, {"1"}, 5), "");
  EXPECT_NE(Difference(whole, {{"1", {"9|point|a"}}}, {"1"}, 5), "");
  EXPECT_NE(Difference(whole, {{"1", {"5|point|a", "9|point|b"}}}, {"1"}, 5), "");
  EXPECT_NE(Difference(whole, {{"1", {"5|point|a"}}}), "");
}

}  // namespace
}  // namespace adares::torture
