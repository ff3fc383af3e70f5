// Comparisons against numbers worked out by hand.
#include <gmock/gmock.h>

#include <cmath>

#include "core/status.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// Three variants (none, unified, stage) with seeds 1, 2, 3. Test accuracies:
//   none    0.90 0.92 0.94   mean 0.92, sd 0.02
//   unified 0.91 0.95 -      the third fails; mean 0.93, sd sqrt(0.0008) = 0.0282843
//   stage   0.80 - -         the others stay queued
class ComparisonTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    plan_ = MakePlan({.variants = 3, .seeds = {1, 2, 3}});
    Insert(plan_);
    for (const double accuracy : {0.90, 0.91, 0.80, 0.92, 0.95}) Finish(accuracy);
    // The sixth is (stage, 2): fails; then (none, 3) succeeds, (unified, 3) fails.
    Fail();
    Finish(0.94);
    Fail();
  }

  void Finish(double accuracy) {
    const LiveAttempt attempt = Claim();
    Append(attempt, std::vector<MetricPoint>{{"test/accuracy", 10, 1, 0.1},
                                             {"test/accuracy", 20, 2, accuracy},
                                             {"test/loss", 20, 2, 1 - accuracy}});
    End(attempt, EndReason::kFinished, TrialState::kSucceeded);
  }

  void Fail() {
    const LiveAttempt attempt = Claim();
    Append(attempt, std::vector<MetricPoint>{{"test/accuracy", 10, 1, 0.5}});
    End(attempt, EndReason::kError, TrialState::kFailed);
  }

  SweepPlan plan_;
};

TEST_F(ComparisonTest, TrialsWithRaisedFlagsAreCounted) {
  const auto flagged = [this] {
    std::vector<int32_t> counts;
    const auto comparison = NewReader()->Compare("sweep-a", "", {});
    for (const auto& variant : comparison->variants) {
      counts.push_back(variant.flagged_count);
    }
    return counts;
  };
  EXPECT_THAT(flagged(), ElementsAre(0, 0, 0));
  const LiveAttempt attempt = Claim();  // (stage, 3)
  Append(attempt, Flag{FlagKind::kClosed, "a", 100, 0, true, ""});
  Append(attempt, Flag{FlagKind::kClosed, "b", 100, 0, true, ""});
  EXPECT_THAT(flagged(), ElementsAre(0, 0, 1));
  Append(attempt, Flag{FlagKind::kClosed, "a", 200, 0, false, ""});
  EXPECT_THAT(flagged(), ElementsAre(0, 0, 1));
  Append(attempt, Flag{FlagKind::kClosed, "b", 200, 0, false, ""});
  EXPECT_THAT(flagged(), ElementsAre(0, 0, 0));
  Append(attempt, Flag{FlagKind::kClosed, "b", 300, 0, true, ""});
  EXPECT_THAT(flagged(), ElementsAre(0, 0, 1));
  End(attempt, EndReason::kWorkerLost, TrialState::kQueued);
  Claim();
  EXPECT_THAT(flagged(), ElementsAre(0, 0, 0)) << "its attempt is superseded";
}

TEST_F(ComparisonTest, VariantsAreSummarizedOverTheirSucceededTrials) {
  const auto comparison = NewReader()->Compare("sweep-a", "", {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(comparison->metric, "test/accuracy");
  EXPECT_EQ(comparison->goal, Goal::kMaximize);
  ASSERT_EQ(comparison->variants.size(), 3u);
  const VariantResult& none = comparison->variants[0];
  EXPECT_EQ(none.variant, plan_.variants[0].id);
  EXPECT_EQ(none.label, "granularity=none");
  EXPECT_THAT(none.axes, ElementsAre(Pair("granularity", "none")));
  EXPECT_EQ(none.trial_count, 3);
  EXPECT_EQ(none.summary.n, 3);
  EXPECT_NEAR(none.summary.mean, 0.92, 1e-12);
  EXPECT_NEAR(none.summary.sd, 0.02, 1e-12);
  EXPECT_THAT(none.values, ElementsAre(Pair(1, 0.90), Pair(2, 0.92), Pair(3, 0.94)));
  EXPECT_EQ(none.baseline, plan_.variants[0].id);
  EXPECT_EQ(none.difference, std::nullopt);

  const VariantResult& unified = comparison->variants[1];
  EXPECT_EQ(unified.summary.n, 2);
  EXPECT_NEAR(unified.summary.mean, 0.93, 1e-12);
  EXPECT_NEAR(unified.summary.sd, 0.0282842712474619, 1e-12);
  ASSERT_TRUE(unified.difference.has_value());
  // 0.01 and 0.03: mean 0.02, sd sqrt(0.0002); t(0.975, 1) = 12.7062047, over sqrt(2) halves.
  EXPECT_EQ(unified.difference->n, 2);
  EXPECT_NEAR(unified.difference->mean, 0.02, 1e-12);
  EXPECT_NEAR(unified.difference->sd, 0.0141421356237310, 1e-12);
  EXPECT_NEAR(unified.difference->ci_low, 0.02 - 0.1270620473617, 1e-9);
  EXPECT_NEAR(unified.difference->ci_high, 0.02 + 0.1270620473617, 1e-9);

  const VariantResult& stage = comparison->variants[2];
  EXPECT_EQ(stage.summary.n, 1);
  EXPECT_TRUE(std::isnan(stage.summary.sd));
  EXPECT_NEAR(stage.difference->mean, -0.1, 1e-12);
  EXPECT_TRUE(std::isnan(stage.difference->ci_low));
}

TEST_F(ComparisonTest, AnotherMetricHasItsOwnDirection) {
  const auto comparison = NewReader()->Compare("sweep-a", "test/loss", {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(comparison->goal, Goal::kMinimize);
  EXPECT_NEAR(comparison->variants[0].summary.mean, 0.08, 1e-12);
}

TEST_F(ComparisonTest, ANamedBaselineStandsInForTheSweeps) {
  const auto comparison = NewReader()->Compare("sweep-a", "", {{"granularity", "unified"}});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(comparison->variants[0].baseline, plan_.variants[1].id);
  EXPECT_NEAR(comparison->variants[0].difference->mean, -0.02, 1e-12);
  EXPECT_EQ(comparison->variants[1].difference, std::nullopt);
}

TEST_F(ComparisonTest, ABaselineThatNamesNoVariantIsRefused) {
  struct Case {
    std::map<std::string, std::string> baseline;
    const char* message;
  };
  const Case wrong[] = {
      {{{"granularity", "unifed"}},
       "the axis granularity has no value \"unifed\"; did you mean \"unified\"?"},
      {{{"depth", "8"}}, "the sweep has no axis \"depth\"; known are granularity"},
      {{{"granularity", "none"}, {"granularty", "none"}},
       "the sweep has no axis \"granularty\"; did you mean \"granularity\"?"}};
  for (const Case& one : wrong) {
    const auto comparison = NewReader()->Compare("sweep-a", "", one.baseline);
    EXPECT_EQ(comparison.status().message(), one.message);
    EXPECT_EQ(ErrorReason(comparison.status()), reason::kArgumentInvalid);
  }
}

TEST_F(ComparisonTest, AnUnknownMetricNamesThoseThereAre) {
  const auto comparison = NewReader()->Compare("sweep-a", "test/acuracy", {});
  EXPECT_EQ(ErrorReason(comparison.status()), reason::kMetricNotFound);
  EXPECT_EQ(ErrorMetadata(comparison.status()).at("known"), "test/accuracy, test/loss");
  EXPECT_THAT(comparison.status().ToString(), HasSubstr("did you mean"));
}

TEST_F(ComparisonTest, ASweepThatHasJustBegunComparesNothing) {
  Insert(MakePlan({.name = "fresh"}));
  const auto comparison = NewReader()->Compare("fresh", "", {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  ASSERT_EQ(comparison->variants.size(), 2u);
  EXPECT_EQ(comparison->variants[1].summary.n, 0);
  EXPECT_EQ(comparison->variants[1].difference, std::nullopt);
  EXPECT_EQ(ErrorReason(NewReader()->Compare("fresh", "test/loss", {}).status()),
            reason::kMetricNotFound);
  EXPECT_EQ(ErrorReason(NewReader()->Compare("frosh", "", {}).status()), reason::kSweepNotFound);
}

}  // namespace
}  // namespace adares
