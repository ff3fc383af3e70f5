// What one trial may have of metrics and of sites, which have rows that are never forgotten, and
// one attempt of lines.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/report_limits.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

class StoreLimitsTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    Insert(MakePlan({}));
    attempt_ = Claim();
  }

  LiveAttempt attempt_;
};

TEST_F(StoreLimitsTest, ATrialHasOnlySoManyMetrics) {
  std::vector<MetricPoint> points;
  for (int i = 0; i < kMaxMetricKeysPerTrial + 5; ++i) {
    points.push_back({"key/" + std::to_string(i), 1, 0, 0.5});
  }
  const WriteCounts counts = Append(attempt_, points);
  EXPECT_EQ(counts.written, kMaxMetricKeysPerTrial);
  EXPECT_EQ(counts.excessive, 5);
  const std::vector<MetricPoint> later = {{"key/0", 2, 0, 0.5}, {"another", 2, 0, 0.5}};
  EXPECT_EQ(Append(attempt_, later).written, 1) << "those that it has go on";
  SQLite::Database database(path_);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM metric_key").getInt(), kMaxMetricKeysPerTrial)
      << "what is kept out leaves nothing behind";
}

TEST_F(StoreLimitsTest, ATrialHasOnlySoManySites) {
  std::vector<SkipWeightPoint> weights;
  for (int i = 0; i < kMaxSitesPerTrial + 5; ++i) {
    weights.push_back({"site" + std::to_string(i), 1, 0, 0.5});
  }
  const WriteCounts counts = Append(attempt_, weights);
  EXPECT_EQ(counts.written, kMaxSitesPerTrial);
  EXPECT_EQ(counts.excessive, 5);
  const std::vector<SkipWeightPoint> later = {{"site0", 2, 0, 0.5}, {"another", 2, 0, 0.5}};
  EXPECT_EQ(Append(attempt_, later).written, 1) << "those that it has go on";
  SQLite::Database database(path_);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM site").getInt(), kMaxSitesPerTrial)
      << "what is kept out leaves nothing behind";
  const LiveAttempt other = Claim();
  EXPECT_EQ(Append(other, std::vector<SkipWeightPoint>{{"another", 1, 0, 0.5}}).written, 1)
      << "another trial has its own";
}

TEST_F(StoreLimitsTest, AnAttemptsLogHasOnlySoManyLines) {
  const int64_t last = kMaxLogLinesPerAttempt;
  const WriteCounts counts = Append(
      attempt_, std::vector<LogLine>{
                    {last, "fits", At(2)}, {last + 1, "not", At(2)}, {last + 2, "not", At(2)}});
  EXPECT_EQ(counts.written, 1);
  EXPECT_EQ(counts.excessive, 2);
  EXPECT_EQ(counts.conflicting, 0);
  EXPECT_EQ(Append(attempt_, std::vector<LogLine>{{last, "fits", At(2)}}).repeated, 1);
  SQLite::Database database(path_);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM log_line").getInt(), 1);
}

}  // namespace
}  // namespace adares
