// A store with some history: a trial whose first attempt was lost and whose second one finished,
// and a trial that runs.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "core/maintenance.h"
#include "server/store/database_check.h"
#include "tests/server/store_fixture.h"

namespace adares {

class HistoryTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    Insert(MakePlan({.variants = 1, .seeds = {0, 1}}));
    lost_ = Claim(At(1));
    Report(lost_, 4);
    End(lost_, EndReason::kWorkerLost, TrialState::kQueued, At(5));
    finished_ = Claim(At(6));
    Report(finished_, 3);
    End(finished_, EndReason::kFinished, TrialState::kSucceeded, At(9));
    running_ = Claim(At(10));
    Report(running_, 2);
  }

  // Steps 0, 1, ...: two points, a skip weight and a log line at each, and one flag.
  void Report(const LiveAttempt& attempt, int steps) {
    std::vector<LogLine> lines;
    for (int step = 0; step < steps; ++step) {
      const double value = step / 8.0;
      Append(attempt, std::vector<MetricPoint>{{"loss", step, 0, value}, {"speed", step, 0, 7}});
      Append(attempt, std::vector<SkipWeightPoint>{{"layer1.0", step, 0, value, 0.5}});
      lines.push_back({step + 1, "step " + std::to_string(step), At(step)});
    }
    Append(attempt, lines);
    Append(attempt, Flag{FlagKind::kClosed, "layer1.0", 1, 0, true, "closed"});
  }

  // What somebody else's SQL may do to the file, with nothing in its way that can be moved.
  void Meddle(const std::string& sql) const {
    SQLite::Database database(path_, SQLite::OPEN_READWRITE, 10'000);
    database.exec("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; " + sql);
  }

  int64_t Number(const std::string& sql) const {
    SQLite::Database database(path_, SQLite::OPEN_READONLY, 10'000);
    return database.execAndGet(sql).getInt64();
  }

  // The results of all checks.
  std::vector<CheckResult> Check() const {
    std::vector<CheckResult> results;
    CheckObserver observer;
    observer.end = [&](const CheckResult& result) { results.push_back(result); };
    const absl::Status status = CheckDatabase(path_, CheckDepth::kAll, observer);
    EXPECT_TRUE(status.ok()) << status;
    return results;
  }

  // What they found: "check: subject: problem".
  std::vector<std::string> Findings() const {
    std::vector<std::string> texts;
    for (const CheckResult& result : Check()) {
      for (const CheckFinding& finding : result.findings) {
        texts.push_back(result.check + ": " + finding.subject + ": " + finding.problem);
      }
    }
    return texts;
  }

  LiveAttempt lost_;
  LiveAttempt finished_;
  LiveAttempt running_;
};

}  // namespace adares
