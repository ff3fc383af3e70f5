// The table that a study ends with.
#include "client/comparison_view.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "tests/client/messages.h"

namespace adares::client {
namespace {

v1::CompareVariantsResponse TwoVariants() {
  v1::CompareVariantsResponse comparison;
  comparison.set_metric("test/accuracy");
  comparison.set_goal(v1::Objective::GOAL_MAXIMIZE);
  *comparison.add_variants() = MakeVariant("aaaa", "none", {0.97, 0.98}, 0.975, 0.00707);
  *comparison.add_variants() = MakeVariant("bbbb", "block", {0.98, 0.985}, 0.9825, 0.00354);
  for (auto& variant : *comparison.mutable_variants()) variant.set_baseline("aaaa");
  v1::PairedDifference* difference = comparison.mutable_variants(1)->mutable_difference();
  difference->set_n(2);
  difference->set_mean(0.0075);
  difference->set_sd(0.00354);
  difference->set_ci_low(-0.02427);
  difference->set_ci_high(0.03927);
  return comparison;
}

TEST(ComparisonViewTest, TextNamesMetricBaselineAndMethod) {
  EXPECT_EQ(
      ComparisonText(TwoVariants(), "sweeps/mnist", false),
      "mnist: test/accuracy (higher is better)\n"
      "\n"
      "VARIANT            n    MEAN      SD      DIFF                CI95  SEED:0  SEED:1\n"
      "granularity=none   2  0.9750  0.0071  baseline                      0.9700  0.9800\n"
      "granularity=block  2  0.9825  0.0035   +0.0075  [-0.0243, +0.0393]  0.9800  0.9850\n"
      "\n"
      "2 seeds; differences are to the baseline, paired by seed; interval: Student's t, 95 %\n");
}

TEST(ComparisonViewTest, VariantsWithFlaggedTrialsAreMarked) {
  v1::CompareVariantsResponse comparison = TwoVariants();
  comparison.mutable_variants(1)->set_flagged_count(1);
  EXPECT_EQ(
      ComparisonText(comparison, "sweeps/mnist", false),
      "mnist: test/accuracy (higher is better)\n"
      "\n"
      "VARIANT            n    MEAN      SD      DIFF                CI95  FLAGGED  SEED:0  "
      "SEED:1\n"
      "granularity=none   2  0.9750  0.0071  baseline                            -  0.9700  "
      "0.9800\n"
      "granularity=block  2  0.9825  0.0035   +0.0075  [-0.0243, +0.0393]      1/2  0.9800  "
      "0.9850\n"
      "\n"
      "2 seeds; differences are to the baseline, paired by seed; interval: Student's t, 95 %\n"
      "flagged: trials that training noticed something about; `adares trial show` says what\n");
}

TEST(ComparisonViewTest, OneSeedHasNoSpreadAndSaysWhatIsMissing) {
  v1::CompareVariantsResponse comparison;
  comparison.set_metric("test/loss");
  comparison.set_goal(v1::Objective::GOAL_MINIMIZE);
  *comparison.add_variants() = MakeVariant("aaaa", "none", {0.5}, 0.5, std::nan(""));
  *comparison.add_variants() = MakeVariant("bbbb", "block", {}, std::nan(""), std::nan(""));
  EXPECT_EQ(ComparisonText(comparison, "sweeps/mnist", false),
            "mnist: test/loss (lower is better)\n"
            "\n"
            "VARIANT            n    MEAN  SD  SEED:0\n"
            "granularity=none   1  0.5000   -  0.5000\n"
            "granularity=block  0       -   -       -\n"
            "\n"
            "1 seed; an interval needs 1 more\n"
            "3 of 4 trials have no result (yet)\n");
}

TEST(ComparisonViewTest, CsvHasAColumnForEachAxisAndSeed) {
  const auto rows = ComparisonCsv(TwoVariants());
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0],
            (CsvRow{"variant", "label", "axis.granularity", "metric", "trials", "n", "mean", "sd",
                    "is_baseline", "baseline", "difference_n", "difference_mean", "difference_sd",
                    "ci95_low", "ci95_high", "flagged", "stopped_early", "seed_0", "seed_1"}));
  EXPECT_EQ(rows[1],
            (CsvRow{"aaaa", "granularity=none", "none", "test/accuracy", "2", "2", "0.975",
                    "0.00707", "true", "aaaa", "", "", "", "", "", "0", "0", "0.97", "0.98"}));
  EXPECT_EQ(rows[2], (CsvRow{"bbbb", "granularity=block", "block", "test/accuracy", "2", "2",
                             "0.9825", "0.00354", "false", "aaaa", "2", "0.0075", "0.00354",
                             "-0.02427", "0.03927", "0", "0", "0.98", "0.985"}));
}

TEST(ComparisonViewTest, TrialsThatARuleStoppedAreCountedApart) {
  v1::CompareVariantsResponse comparison = TwoVariants();
  comparison.mutable_variants(1)->set_stopped_early_count(1);
  const std::string text = ComparisonText(comparison, "sweeps/mnist", false);
  EXPECT_THAT(text, testing::HasSubstr("STOPPED"));
  EXPECT_THAT(text, testing::HasSubstr("1/2"));
  EXPECT_THAT(text, testing::HasSubstr("stopped: trials that the sweep's rule stopped early"));
}

TEST(ComparisonViewTest, NoAxisNameIsTakenForAnotherColumn) {
  v1::CompareVariantsResponse comparison = TwoVariants();
  for (auto& variant : *comparison.mutable_variants()) {
    variant.clear_axes();
    for (const char* name : {"n", "mean", "label", "metric", "baseline", "seed_0"}) {
      variant.add_axes()->set_axis(name);
    }
  }
  const CsvRow header = ComparisonCsv(comparison)[0];
  EXPECT_EQ(std::set<std::string>(header.begin(), header.end()).size(), header.size());
}

TEST(ComparisonViewTest, EmptyComparisonIsAHeader) { EXPECT_EQ(ComparisonCsv({}).size(), 1u); }

}  // namespace
}  // namespace adares::client
