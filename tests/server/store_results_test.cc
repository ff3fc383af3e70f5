// Points, skip weights, logs and progress: repeats, conflicts, NaN, summaries and superseding.
#include <gmock/gmock.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <cmath>
#include <limits>

#include "core/status.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

class ResultsTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    Insert(MakePlan({.variants = 1, .seeds = {0}}));
    attempt_ = Claim();
  }

  // Loses the present attempt and begins the next.
  void LoseAndClaim() {
    End(attempt_, EndReason::kWorkerLost, TrialState::kQueued);
    attempt_ = Claim();
  }

  std::vector<MetricPoint> Points(const std::vector<std::string>& keys = {}) {
    auto points =
        NewReader()->Points("sweep-a", attempt_.id.trial, keys, {.size = 1000, .token = ""});
    EXPECT_TRUE(points.ok()) << points.status();
    return points.ok() ? points->items : std::vector<MetricPoint>();
  }

  std::vector<SkipWeightPoint> Weights(const std::vector<std::string>& sites = {},
                                       bool last_only = false) {
    auto weights = NewReader()->SkipWeights("sweep-a", attempt_.id.trial, sites, last_only,
                                            {.size = 1000, .token = ""});
    EXPECT_TRUE(weights.ok()) << weights.status();
    return weights.ok() ? weights->items : std::vector<SkipWeightPoint>();
  }

  // count, last_step, last_value, min_value, max_value of the key's summary as text.
  std::string Summary(const std::string& key) {
    SQLite::Database database(path_);
    SQLite::Statement query(database,
                            "SELECT count || ' ' || last_step || ' ' || ifnull(last_value, 'nan') "
                            "|| ' ' || ifnull(min_value, 'nan') || ' ' || ifnull(max_value, 'nan') "
                            "FROM metric_summary JOIN metric_key ON id = key_id WHERE name = ?");
    query.bind(1, key);
    return query.executeStep() ? query.getColumn(0).getString() : "none";
  }

  std::map<std::string, double> LastMetrics() {
    return NewReader()->GetTrial("sweep-a", attempt_.id.trial)->last_metrics;
  }

  std::vector<Flag> Flags() { return NewReader()->GetTrial("sweep-a", attempt_.id.trial)->flags; }

  LiveAttempt attempt_;
};

TEST_F(ResultsTest, PointsComeInPagesThatCrossKeys) {
  Append(attempt_,
         std::vector<MetricPoint>{{"a", 1, 0, 1}, {"a", 2, 0, 2}, {"a", 3, 0, 3}, {"b", 1, 0, 4}});
  const auto reader = NewReader();
  const auto page = [&](int size, const std::string& token) {
    auto points = reader->Points("sweep-a", attempt_.id.trial, {}, {.size = size, .token = token});
    EXPECT_TRUE(points.ok()) << points.status();
    return points.ok() ? *points : PageOf<MetricPoint>();
  };
  for (const int size : {1, 2, 3}) {
    std::vector<double> values;
    std::string token;
    do {
      const PageOf<MetricPoint> points = page(size, token);
      EXPECT_LE(points.items.size(), static_cast<size_t>(size));
      for (const MetricPoint& point : points.items) values.push_back(point.value);
      token = points.next_token;
    } while (!token.empty() && values.size() < 5);
    EXPECT_THAT(values, ElementsAre(1, 2, 3, 4)) << "pages of " << size;
  }
  EXPECT_EQ(page(4, "").next_token, "") << "a full last page is the last page";
}

TEST_F(ResultsTest, WeightsComeInPagesThatCrossSites) {
  Append(attempt_, std::vector<SkipWeightPoint>{{"layer1.0", 1, 0, 1, 0},
                                                {"layer1.0", 2, 0, 2, 0},
                                                {"layer2.0", 1, 0, 3, 0},
                                                {"layer2.0", 2, 0, 4, 0}});
  const auto reader = NewReader();
  for (const bool last_only : {false, true}) {
    std::vector<double> values;
    std::string token;
    do {
      const auto page = reader->SkipWeights("sweep-a", attempt_.id.trial, {}, last_only,
                                            {.size = 1, .token = token});
      ASSERT_TRUE(page.ok()) << page.status();
      for (const SkipWeightPoint& weight : page->items) values.push_back(weight.value);
      token = page->next_token;
    } while (!token.empty() && values.size() < 5);
    EXPECT_EQ(values, last_only ? (std::vector<double>{2, 4}) : (std::vector<double>{1, 2, 3, 4}));
  }
}

TEST_F(ResultsTest, AReportBetweenPagesGivesNoSiteASecondLastWeight) {
  Append(attempt_,
         std::vector<SkipWeightPoint>{{"layer1.0", 1, 0, 1, 0}, {"layer2.0", 1, 0, 2, 0}});
  const auto reader = NewReader();
  const auto first =
      reader->SkipWeights("sweep-a", attempt_.id.trial, {}, true, {.size = 1, .token = ""});
  ASSERT_TRUE(first.ok()) << first.status();
  Append(attempt_, std::vector<SkipWeightPoint>{{"layer1.0", 2, 0, 3, 0}});
  const auto second = reader->SkipWeights("sweep-a", attempt_.id.trial, {}, true,
                                          {.size = 1, .token = first->next_token});
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->items.size(), 1u);
  EXPECT_EQ(second->items[0].site, "layer2.0");
}

TEST_F(ResultsTest, PagesOfTwoAttemptsDoNotMix) {
  Append(attempt_, std::vector<MetricPoint>{{"a", 1, 0, 1}, {"a", 2, 0, 2}});
  const auto reader = NewReader();
  const auto first = reader->Points("sweep-a", attempt_.id.trial, {}, {.size = 1, .token = ""});
  ASSERT_TRUE(first.ok()) << first.status();
  LoseAndClaim();
  Append(attempt_, std::vector<MetricPoint>{{"a", 1, 0, 5}, {"a", 2, 0, 6}});
  const auto second =
      reader->Points("sweep-a", attempt_.id.trial, {}, {.size = 1, .token = first->next_token});
  EXPECT_EQ(ErrorReason(second.status()), reason::kPageTokenInvalid);
}

TEST_F(ResultsTest, ASiteThatTheTrialLacksIsNotFound) {
  const auto reader = NewReader();
  const auto none = reader->SkipWeights("sweep-a", attempt_.id.trial, {"layer1.0"}, true, {});
  EXPECT_EQ(ErrorReason(none.status()), reason::kSiteNotFound);
  EXPECT_THAT(none.status().ToString(), testing::HasSubstr("it has reported none yet"));
  Append(attempt_, std::vector<SkipWeightPoint>{{"layer1.0", 1, 0, 1, 0}});
  const auto typo = reader->SkipWeights("sweep-a", attempt_.id.trial, {"lyer1.0"}, true, {});
  EXPECT_EQ(ErrorReason(typo.status()), reason::kSiteNotFound);
  EXPECT_THAT(typo.status().ToString(), testing::HasSubstr("did you mean"));
}

TEST_F(ResultsTest, APageTokenOfAnotherSeriesIsRefused) {
  Append(attempt_, std::vector<MetricPoint>{{"a", 1, 0, 1}, {"b", 1, 0, 4}});
  Append(attempt_, std::vector<SkipWeightPoint>{{"a", 1, 0, 1, 0}, {"b", 1, 0, 2, 0}});
  const auto reader = NewReader();
  const auto first = reader->Points("sweep-a", attempt_.id.trial, {}, {.size = 1, .token = ""});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto reason_for = [&](const std::vector<std::string>& keys, const std::string& token) {
    return ErrorReason(
        reader->Points("sweep-a", attempt_.id.trial, keys, {.size = 1, .token = token}).status());
  };
  EXPECT_EQ(reason_for({}, first->next_token), "");
  EXPECT_EQ(reason_for({"b"}, first->next_token), reason::kPageTokenInvalid);
  EXPECT_EQ(reason_for({}, "nonsense"), reason::kPageTokenInvalid);
  EXPECT_EQ(ErrorReason(reader
                            ->SkipWeights("sweep-a", attempt_.id.trial, {}, false,
                                          {.size = 1, .token = first->next_token})
                            .status()),
            reason::kPageTokenInvalid);
}

TEST_F(ResultsTest, PointsComeBackByKeyThenStep) {
  const WriteCounts counts = Append(attempt_, std::vector<MetricPoint>{{"train/loss", 20, 2, 0.5},
                                                                       {"train/loss", 10, 1, 0.75},
                                                                       {"test/loss", 20, 2, 0.25}});
  EXPECT_EQ(counts.written, 3);
  const auto points = Points();
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].key, "test/loss");
  EXPECT_EQ(points[1].key, "train/loss");
  EXPECT_EQ(points[1].step, 10);
  EXPECT_EQ(points[1].epoch, 1);
  EXPECT_EQ(points[1].value, 0.75);
  EXPECT_EQ(points[2].step, 20);
  EXPECT_EQ(Points({"train/loss"}).size(), 2u);
}

TEST_F(ResultsTest, AMetricThatTheTrialLacksIsNotFound) {
  Append(attempt_, std::vector<MetricPoint>{{"test/loss", 20, 2, 0.25}});
  const auto points = NewReader()->Points("sweep-a", attempt_.id.trial, {"test/loss", "test/los"},
                                          {.size = 1000, .token = ""});
  EXPECT_EQ(points.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(points.status()), reason::kMetricNotFound);
  EXPECT_THAT(ErrorMetadata(points.status()),
              UnorderedElementsAre(Pair("metric", "test/los"), Pair("known", "test/loss")));
}

TEST_F(ResultsTest, RepeatsAreIgnoredAndConflictsKeptOut) {
  const std::vector<MetricPoint> batch = {{"a", 1, 0, 0.5}, {"a", 2, 0, kNaN}, {"a", 3, 0, -0.0}};
  EXPECT_EQ(Append(attempt_, batch).written, 3);
  const WriteCounts again = Append(attempt_, batch);
  EXPECT_EQ(again.written, 0);
  EXPECT_EQ(again.repeated, 3);
  EXPECT_EQ(again.conflicting, 0);
  const WriteCounts other = Append(
      attempt_,
      std::vector<MetricPoint>{
          {"a", 1, 0, 0.25}, {"a", 2, 0, 1}, {"a", 1, 1, 0.5}, {"a", 3, 0, kNaN}, {"a", 4, 0, 4}});
  EXPECT_EQ(other.written, 1);
  EXPECT_EQ(other.repeated, 0);
  EXPECT_EQ(other.conflicting, 4);
  EXPECT_EQ(Points()[0].value, 0.5);
  EXPECT_EQ(Summary("a"), "4 4 4.0 0.0 4.0") << "counts only what was written";
}

TEST_F(ResultsTest, APointTwiceInOneBatchIsARepeat) {
  const WriteCounts counts =
      Append(attempt_, std::vector<MetricPoint>{{"a", 1, 0, 0.5}, {"a", 1, 0, 0.5}});
  EXPECT_EQ(counts.written, 1);
  EXPECT_EQ(counts.repeated, 1);
}

TEST_F(ResultsTest, NaNAndInfinitiesSurvive) {
  Append(attempt_, std::vector<MetricPoint>{
                       {"a", 1, 0, kNaN}, {"a", 2, 0, kInfinity}, {"a", 3, 0, -kInfinity}});
  Reopen();
  const auto points = Points();
  ASSERT_EQ(points.size(), 3u);
  EXPECT_TRUE(std::isnan(points[0].value));
  EXPECT_EQ(points[1].value, kInfinity);
  EXPECT_EQ(points[2].value, -kInfinity);
}

TEST_F(ResultsTest, DoublesSurviveBitForBit) {
  const double values[] = {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 2};
  int64_t step = 0;
  for (const double value : values) {
    Append(attempt_, std::vector<MetricPoint>{{"a", step++, 0, value}});
  }
  const auto points = Points();
  ASSERT_EQ(points.size(), std::size(values));
  for (size_t i = 0; i < points.size(); ++i) EXPECT_EQ(points[i].value, values[i]);
}

TEST_F(ResultsTest, SummariesFollowThePointsAcrossBatches) {
  Append(attempt_, std::vector<MetricPoint>{{"a", 10, 0, 3}, {"a", 5, 0, 9}});
  EXPECT_EQ(Summary("a"), "2 10 3.0 3.0 9.0");
  Append(attempt_, std::vector<MetricPoint>{{"a", 7, 0, -1}});
  EXPECT_EQ(Summary("a"), "3 10 3.0 -1.0 9.0") << "an older step is not the last";
  Append(attempt_, std::vector<MetricPoint>{{"a", 11, 0, 4}});
  EXPECT_EQ(Summary("a"), "4 11 4.0 -1.0 9.0");
  EXPECT_THAT(LastMetrics(), UnorderedElementsAre(Pair("a", 4)));
}

TEST_F(ResultsTest, SummariesLeaveNaNOutOfMinimumAndMaximum) {
  Append(attempt_, std::vector<MetricPoint>{{"a", 1, 0, kNaN}});
  EXPECT_EQ(Summary("a"), "1 1 nan nan nan");
  Append(attempt_, std::vector<MetricPoint>{{"a", 2, 0, 5}, {"a", 3, 0, kNaN}});
  EXPECT_EQ(Summary("a"), "3 3 nan 5.0 5.0");
  EXPECT_TRUE(std::isnan(LastMetrics().at("a")));
}

TEST_F(ResultsTest, ANewAttemptSupersedesTheEarlierOnes) {
  Append(attempt_, std::vector<MetricPoint>{{"a", 1, 0, 1}, {"a", 2, 0, 2}, {"b", 1, 0, 1}});
  Append(attempt_, std::vector<SkipWeightPoint>{{"layer1.0", 0, 0, 1, kNaN}});
  LoseAndClaim();
  EXPECT_THAT(Points(), IsEmpty());
  EXPECT_THAT(Weights(), IsEmpty());
  EXPECT_THAT(LastMetrics(), IsEmpty());
  EXPECT_EQ(Summary("a"), "none");

  Append(attempt_, std::vector<MetricPoint>{{"a", 1, 0, 10}});
  Append(attempt_, std::vector<SkipWeightPoint>{{"layer1.0", 0, 0, 2, kNaN}});
  const auto points = Points();
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].value, 10);
  EXPECT_EQ(Summary("a"), "1 1 10.0 10.0 10.0");
  ASSERT_EQ(Weights().size(), 1u);
  EXPECT_EQ(Weights()[0].value, 2);

  SQLite::Database database(path_);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM v1_metrics").getInt(), 1);
  EXPECT_EQ(database.execAndGet("SELECT value FROM v1_metrics").getDouble(), 10);
  EXPECT_EQ(database.execAndGet("SELECT value FROM v1_skip_weights").getDouble(), 2);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM metric_point").getInt(), 4)
      << "what was superseded is kept";
}

TEST_F(ResultsTest, ViewsShowTheStepsThatSurvive) {
  Append(attempt_, std::vector<MetricPoint>{{"a", 1, 0, 1}, {"a", 2, 0, 2}, {"a", 3, 0, 3}});
  LoseAndClaim();
  Append(attempt_, std::vector<MetricPoint>{{"a", 3, 0, 30}, {"a", 4, 0, 40}});
  SQLite::Database database(path_, SQLite::OPEN_READWRITE);
  database.exec("UPDATE attempt SET surviving_until_step = 2 WHERE number = 1");
  const auto points = Points({"a"});
  std::vector<double> values;
  for (const MetricPoint& point : points) values.push_back(point.value);
  EXPECT_THAT(values, ElementsAre(1, 2, 30, 40));
  EXPECT_EQ(database.execAndGet("SELECT group_concat(value) FROM v1_metrics").getString(),
            "1.0,2.0,30.0,40.0");
}

TEST_F(ResultsTest, SkipWeightsComeInNetworkOrder) {
  const WriteCounts counts =
      Append(attempt_, std::vector<SkipWeightPoint>{{"layer1.10", 0, 0, 0.3, kNaN},
                                                    {"layer1.9", 5, 1, 0.25, -0.5},
                                                    {"layer1.9", 0, 0, 0.2, kNaN},
                                                    {"layer2.0", 0, 0, 0.4, kNaN}});
  EXPECT_EQ(counts.written, 4);
  const auto weights = Weights();
  ASSERT_EQ(weights.size(), 4u);
  EXPECT_EQ(weights[0].site, "layer1.9");
  EXPECT_TRUE(std::isnan(weights[0].gradient));
  EXPECT_EQ(weights[1].step, 5);
  EXPECT_EQ(weights[1].epoch, 1);
  EXPECT_EQ(weights[1].value, 0.25);
  EXPECT_EQ(weights[1].gradient, -0.5);
  EXPECT_EQ(weights[2].site, "layer1.10");
  EXPECT_EQ(weights[3].site, "layer2.0");

  const auto last = Weights({}, /*last_only=*/true);
  ASSERT_EQ(last.size(), 3u);
  EXPECT_EQ(last[0].step, 5);
  EXPECT_EQ(Weights({"layer2.0"}).size(), 1u);
}

TEST_F(ResultsTest, RepeatedSkipWeightsAreIgnored) {
  const std::vector<SkipWeightPoint> batch = {{"layer1.0", 0, 0, 1, kNaN},
                                              {"layer1.0", 1, 0, 0.5, 0.25}};
  EXPECT_EQ(Append(attempt_, batch).written, 2);
  EXPECT_EQ(Append(attempt_, batch).repeated, 2);
  const WriteCounts other =
      Append(attempt_, std::vector<SkipWeightPoint>{{"layer1.0", 1, 0, 0.5, 0.125}});
  EXPECT_EQ(other.conflicting, 1);
}

TEST_F(ResultsTest, WhatASumIsMadeOfIsKeptAndTheRestIsUnknown) {
  SkipWeightPoint known{"a", 1, 0, 1, 0};
  known.s = 0.25;
  known.r = 0.75;
  known.gradient_snr = 3;
  known.path_ratio = kInfinity;
  known.skip_share = 0.125;
  EXPECT_EQ(Append(attempt_, std::vector<SkipWeightPoint>{known, {"b", 1, 0, 1, 0}}).written, 2);
  for (const bool last_only : {false, true}) {
    const auto weights = Weights({}, last_only);
    ASSERT_EQ(weights.size(), 2u);
    EXPECT_EQ(weights[0].s, 0.25);
    EXPECT_EQ(weights[0].r, 0.75);
    EXPECT_EQ(weights[0].gradient_snr, 3);
    EXPECT_EQ(weights[0].path_ratio, kInfinity);
    EXPECT_EQ(weights[0].skip_share, 0.125);
    for (const double value : {weights[1].s, weights[1].r, weights[1].gradient_snr,
                               weights[1].path_ratio, weights[1].skip_share}) {
      EXPECT_TRUE(std::isnan(value));
    }
  }
  EXPECT_EQ(Append(attempt_, std::vector<SkipWeightPoint>{known, {"b", 1, 0, 1, 0}}).repeated, 2);
  for (double SkipWeightPoint::*field :
       {&SkipWeightPoint::s, &SkipWeightPoint::r, &SkipWeightPoint::gradient_snr,
        &SkipWeightPoint::path_ratio, &SkipWeightPoint::skip_share}) {
    SkipWeightPoint other = known;
    other.*field = 0.5;
    EXPECT_EQ(Append(attempt_, std::vector<SkipWeightPoint>{other}).conflicting, 1);
  }
  SQLite::Database database(path_);
  EXPECT_EQ(database
                .execAndGet("SELECT group_concat(s || ' ' || r || ' ' || gradient_snr || ' ' || "
                            "skip_share) FROM v1_skip_weights WHERE path_ratio > 1e300")
                .getString(),
            "0.25 0.75 3.0 0.125");
}

TEST_F(ResultsTest, FlagsThatAreNotClearedAreShown) {
  const Flag closed{FlagKind::kClosed, "layer1.0", 200, 1, true, "the weight is 0.001"};
  const Flag dead{FlagKind::kBranchDead, "layer1.0", 100, 0, true, "the share is 0"};
  EXPECT_EQ(Append(attempt_, closed).written, 1);
  EXPECT_EQ(Append(attempt_, dead).written, 1);
  EXPECT_THAT(Flags(), ElementsAre(dead, closed));
  EXPECT_EQ(Append(attempt_, Flag{FlagKind::kClosed, "layer1.0", 300, 2, false, "0.1"}).written, 1);
  EXPECT_THAT(Flags(), ElementsAre(dead));
  SQLite::Database database(path_);
  EXPECT_EQ(
      database
          .execAndGet("SELECT group_concat(kind || ' ' || site || ' ' || step || ' ' || epoch "
                      "|| ' ' || raised || ' ' || attempt) FROM (SELECT * FROM v1_flags "
                      "ORDER BY step)")
          .getString(),
      "branch-dead layer1.0 100 0 1 1,closed layer1.0 200 1 1 1,closed layer1.0 300 2 0 1");
}

TEST_F(ResultsTest, RepeatedFlagsAreIgnored) {
  const Flag flag{FlagKind::kDiverging, "", 200, 1, true, "the loss is 9"};
  EXPECT_EQ(Append(attempt_, flag).written, 1);
  EXPECT_EQ(Append(attempt_, flag).repeated, 1);
  Flag other = flag;
  other.raised = false;
  EXPECT_EQ(Append(attempt_, other).conflicting, 1);
  other = flag;
  other.message = "the loss is 10";
  EXPECT_EQ(Append(attempt_, other).conflicting, 1);
  EXPECT_THAT(Flags(), ElementsAre(flag));
}

TEST_F(ResultsTest, FlagsOfAnAttemptThatIsSupersededDoNotCount) {
  Append(attempt_, Flag{FlagKind::kClosed, "layer1.0", 200, 1, true, "first"});
  Append(attempt_, Flag{FlagKind::kDiverging, "", 300, 1, true, "first"});
  LoseAndClaim();
  EXPECT_THAT(Flags(), IsEmpty());
  const Flag again{FlagKind::kClosed, "layer1.0", 200, 1, true, "second"};
  EXPECT_EQ(Append(attempt_, again).written, 1);
  EXPECT_THAT(Flags(), ElementsAre(again));
  SQLite::Database database(path_, SQLite::OPEN_READWRITE);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM v1_flags").getInt(), 1);
  // As where the second attempt goes on from a checkpoint after step 250.
  database.exec("UPDATE attempt SET surviving_until_step = 250 WHERE number = 1");
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM v1_flags").getInt(), 2);
  EXPECT_THAT(Flags(), ElementsAre(again));
}

TEST_F(ResultsTest, LogLinesAreReadInParts) {
  const std::vector<LogLine> lines = {{1, "one", At(1)}, {2, "", At(2)}, {3, "three", At(3)}};
  Append(attempt_, lines);
  Append(attempt_, std::vector<LogLine>{lines[2], {4, "four", At(4)}});
  const std::string& trial = attempt_.id.trial;
  auto part = NewReader()->ReadLog("sweep-a", trial, 0, 2, 2);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->attempt, 1);
  EXPECT_FALSE(part->ended);
  ASSERT_EQ(part->lines.size(), 2u);
  EXPECT_EQ(part->lines[0].number, 2);
  EXPECT_EQ(part->lines[0].text, "");
  EXPECT_EQ(part->lines[1].text, "three");
  EXPECT_EQ(part->lines[1].time, At(3));

  End(attempt_, EndReason::kFinished, TrialState::kSucceeded);
  EXPECT_FALSE(NewReader()->ReadLog("sweep-a", trial, 1, 1, 3)->ended) << "a line follows";
  part = NewReader()->ReadLog("sweep-a", trial, 1, 4, 3);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_TRUE(part->ended);
  EXPECT_EQ(part->lines.size(), 1u);
}

TEST_F(ResultsTest, AnotherTextOfALogLineIsKeptOutAndCounted) {
  std::vector<LogLine> lines = {{1, "one", At(1)}, {2, "two", At(2)}};
  Append(attempt_, lines);
  lines[1].text = "another";
  const WriteCounts again = Append(attempt_, lines);
  EXPECT_EQ(again.repeated, 1);
  EXPECT_EQ(again.conflicting, 1);
  EXPECT_EQ(NewReader()->ReadLog("sweep-a", attempt_.id.trial, 0, 2, 9)->lines[0].text, "two");
}

TEST_F(ResultsTest, LogsAreKeptByAttempt) {
  Append(attempt_, std::vector<LogLine>{{1, "first", At(1)}});
  LoseAndClaim();
  Append(attempt_, std::vector<LogLine>{{1, "second", At(1)}});
  const std::string& trial = attempt_.id.trial;
  EXPECT_EQ(NewReader()->ReadLog("sweep-a", trial, 1, 1, 9)->lines[0].text, "first");
  EXPECT_EQ(NewReader()->ReadLog("sweep-a", trial, 0, 1, 9)->lines[0].text, "second");
  const auto third = NewReader()->ReadLog("sweep-a", trial, 3, 1, 9);
  EXPECT_EQ(third.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(third.status()), reason::kAttemptNotFound);
}

TEST_F(ResultsTest, ProgressIsTheNewestAttempts) {
  Do([&] { return store_->SetProgress(attempt_, {30, 100, 3, 10, 450.5}); });
  auto trial = NewReader()->GetTrial("sweep-a", attempt_.id.trial);
  EXPECT_EQ(trial->progress.step, 30);
  EXPECT_EQ(trial->progress.total_steps, 100);
  EXPECT_EQ(trial->progress.epoch, 3);
  EXPECT_EQ(trial->progress.total_epochs, 10);
  EXPECT_EQ(trial->progress.images_per_second, 450.5);
  Do([&] { return store_->SetProgress(attempt_, {31, 100, 3, 10, kNaN}); });
  EXPECT_EQ(NewReader()->GetTrial("-", attempt_.id.trial)->progress.images_per_second, 0);
  LoseAndClaim();
  trial = NewReader()->GetTrial("sweep-a", attempt_.id.trial);
  EXPECT_EQ(trial->progress.step, 0);
  EXPECT_EQ(trial->progress.total_steps, 0);
}

}  // namespace
}  // namespace adares
