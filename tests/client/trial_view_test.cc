// What is shown of a trial's skip weights and flags.
#include "client/trial_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "client/flag_view.h"
#include "tests/client/messages.h"

namespace adares::client {
namespace {

using testing::HasSubstr;
using testing::Not;

// A row that was measured, and one of before the first step.
v1::QuerySkipWeightsResponse TwoRows() {
  v1::QuerySkipWeightsResponse weights;
  weights.set_trial(kFirstTrial);
  v1::SkipWeightPoint* point = weights.add_weights();
  point->set_site("layer1.0");
  point->set_step(50);
  point->set_epoch(1);
  point->set_value(0.25);
  point->set_gradient(-0.5);
  point->set_s(0.25);
  point->set_r(0.75);
  point->set_gradient_snr(1.5);
  point->set_path_ratio(0.5);
  point->set_skip_share(0.2);
  point = weights.add_weights();
  point->set_site("layer1.1");
  point->set_value(0.25);
  point->set_gradient(std::nan(""));
  return weights;
}

TEST(TrialViewTest, WeightsAreShownWithWhatTheirSumsAreMadeOf) {
  EXPECT_EQ(RenderTable(SkipWeightTable(TwoRows())),
            "SITE      EPOCH  STEP   VALUE  GRADIENT     SNR   RATIO   SHARE\n"
            "layer1.0      1    50  0.2500   -0.5000  1.5000  0.5000  0.2000\n"
            "layer1.1      0     0  0.2500         -       -       -       -\n");
}

TEST(TrialViewTest, AttemptsSayFromWhereTheyWentOn) {
  v1::Trial trial;
  trial.set_name(kFirstTrial);
  trial.add_attempts()->set_number(1);
  v1::Attempt* const second = trial.add_attempts();
  second->set_number(2);
  second->set_resumed_step(1500);
  const std::string text = TrialDetails(trial, FromMicros(0), false);
  EXPECT_THAT(text, HasSubstr("FROM STEP\n"));
  EXPECT_THAT(text, HasSubstr("1500\n"));
}

TEST(TrialViewTest, TheTimeOfATrialIsThatOfItsAttemptsWithoutThePauseBetween) {
  v1::Trial trial = MakeTrial(1, v1::Trial::STATE_RUNNING);
  const int64_t start = trial.start_time().seconds();
  v1::Attempt* attempt = trial.add_attempts();
  attempt->mutable_start_time()->set_seconds(start);
  attempt->mutable_end_time()->set_seconds(start + 30);
  attempt = trial.add_attempts();
  attempt->mutable_start_time()->set_seconds(start + 3'000);
  const Timestamp now = FromMicros((start + 3'012) * 1'000'000);
  EXPECT_THAT(TrialDetails(trial, now, false), testing::ContainsRegex("Time: +42s\n"));
}

TEST(TrialViewTest, CsvOfWeightsHasAllNumbers) {
  const auto rows = SkipWeightCsv(TwoRows());
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], (CsvRow{"trial", "site", "epoch", "step", "value", "gradient", "s", "r",
                             "gradient_snr", "path_ratio", "skip_share"}));
  const std::string trial = rows[1][0];
  EXPECT_EQ(rows[1], (CsvRow{trial, "layer1.0", "1", "50", "0.25", "-0.5", "0.25", "0.75", "1.5",
                             "0.5", "0.2"}));
  EXPECT_EQ(rows[2], (CsvRow{trial, "layer1.1", "0", "0", "0.25", "", "", "", "", "", ""}));
}

TEST(TrialViewTest, CsvOfATrialThatHasNotBegunHasNoProgress) {
  v1::Trial trial;
  trial.set_name(kFirstTrial);
  trial.set_state(v1::Trial::STATE_QUEUED);
  const auto value = [&trial](const std::string& column) {
    const auto rows = TrialCsv({trial});
    const auto at = std::find(rows[0].begin(), rows[0].end(), column) - rows[0].begin();
    return rows[1].at(static_cast<size_t>(at));
  };
  for (const char* column : {"step", "total_steps", "epoch", "total_epochs", "images_per_second"}) {
    EXPECT_EQ(value(column), "") << column;
  }
  trial.mutable_progress()->set_total_steps(10);
  EXPECT_EQ(value("step"), "0");
  EXPECT_EQ(value("total_steps"), "10");
}

TEST(TrialViewTest, FlagsThatAreRaisedAreListed) {
  v1::Trial trial = MakeTrial(1, v1::Trial::STATE_SUCCEEDED);
  EXPECT_EQ(FlagsText(trial, false), "");
  EXPECT_THAT(TrialDetails(trial, Timestamp(), false), Not(HasSubstr("FLAG")));
  v1::Flag* flag = trial.add_flags();
  flag->set_kind(v1::Flag::KIND_BRANCH_DEAD);
  flag->set_site("layer1.0");
  flag->set_step(250);
  flag->set_message("the skip path has the share 0.004 of the sum");
  flag = trial.add_flags();
  flag->set_kind(v1::Flag::KIND_DIVERGING);
  flag->set_step(1000);
  flag->set_message("the training loss is 9");
  EXPECT_EQ(FlagsText(trial, false),
            "\n"
            "FLAG         SITE      STEP  RAISED BECAUSE\n"
            "branch-dead  layer1.0   250  the skip path has the share 0.004 of the sum\n"
            "diverging    -         1000  the training loss is 9\n");
  EXPECT_THAT(TrialDetails(trial, Timestamp(), false), HasSubstr(FlagsText(trial, false)));
}

}  // namespace
}  // namespace adares::client
