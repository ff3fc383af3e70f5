// Frames and lines for given states and widths.
#include "client/progress_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/table.h"
#include "client/text_width.h"
#include "tests/client/messages.h"

namespace adares::client {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

v1::Trial Running(int id, int64_t seed, const std::string& label) {
  v1::Trial trial = MakeTrial(id, v1::Trial::STATE_RUNNING, seed);
  trial.set_variant_label(label);
  return trial;
}

// Two running trials, one of them still starting.
SweepSnapshot TwoRunning() {
  SweepSnapshot snapshot;
  v1::Trial first = WithProgress(Running(1, 0, "granularity=block"), 62, 100, 3, 5);
  first = WithMetric(std::move(first), "validation/accuracy", 0.98124);
  first.mutable_progress()->set_images_per_second(812.4);
  Apply(MakeUpdate(1, MakeSweep(v1::Sweep::STATE_RUNNING, 5, 2, 2, 1), first,
                   Running(2, 10, "granularity=none"), MakeTrial(3, v1::Trial::STATE_QUEUED)),
        Timestamp(), &snapshot);
  return snapshot;
}

const FrameTimes kTimes = {seconds(72), Duration(seconds(160))};

TEST(ProgressViewTest, FrameFor80Columns) {
  EXPECT_THAT(
      RenderFrame(TwoRunning(), kTimes, {80, 24, false, false}),
      ElementsAre(
          "mnist  3/10 done, 1 failed, 2 running, 5 waiting  1m12s, about 2m40s left",
          "  granularity=block seed 0  epoch 4/5  ########.....  62%  val 0.9812  812 img/s",
          "  granularity=none seed 10  starting   ............."));
}

TEST(ProgressViewTest, NarrowFramesGiveUpPartsOneByOne) {
  EXPECT_EQ(RenderFrame(TwoRunning(), kTimes, {66, 24, false, false})[1],
            "  granularity=block seed 0  epoch 4/5  62%  val 0.9812  812 img/s");
  EXPECT_EQ(RenderFrame(TwoRunning(), kTimes, {58, 24, false, false})[1],
            "  granularity=block seed 0  epoch 4/5  62%  val 0.9812");
  EXPECT_EQ(RenderFrame(TwoRunning(), kTimes, {44, 24, false, false})[1],
            "  granularity=block seed 0  epoch 4/5  62%");
  EXPECT_EQ(RenderFrame(TwoRunning(), kTimes, {36, 24, false, false})[1],
            "  granularity=block~  epoch 4/5  62%");
}

TEST(ProgressViewTest, NoLineIsWiderThanTheTerminal) {
  for (int columns = 1; columns < 120; ++columns) {
    for (const std::string& line : RenderFrame(TwoRunning(), kTimes, {columns, 24, false, true})) {
      ASSERT_LE(TextWidth(line), columns) << line;
    }
  }
}

TEST(ProgressViewTest, ColourTouchesTheHeaderOnly) {
  const auto frame = RenderFrame(TwoRunning(), kTimes, {80, 24, true, false});
  EXPECT_TRUE(frame[0].starts_with("\x1b[1mmnist"));
  EXPECT_EQ(frame[1].find('\x1b'), std::string::npos);
}

TEST(ProgressViewTest, LinesThatDoNotFitAreCounted) {
  SweepSnapshot snapshot;
  v1::WatchSweepResponse update = MakeUpdate(1, MakeSweep(v1::Sweep::STATE_RUNNING, 0, 30, 0));
  for (int i = 0; i < 30; ++i) *update.add_trials() = Running(i, i, "base");
  Apply(update, Timestamp(), &snapshot);
  const auto frame = RenderFrame(snapshot, kTimes, {80, 10, false, false});
  EXPECT_EQ(frame.size(), 9u);  // of ten rows, one is left for the cursor
  EXPECT_EQ(frame.back(), "  and 23 more running");
}

TEST(ProgressViewTest, WaitingForAWorkerIsSaid) {
  SweepSnapshot snapshot;
  Apply(MakeUpdate(1, MakeSweep(v1::Sweep::STATE_RUNNING, 4, 0, 0)), Timestamp(), &snapshot);
  EXPECT_THAT(RenderFrame(snapshot, {seconds(3), std::nullopt}, {}),
              ElementsAre("mnist  0/4 done, 4 waiting  3s, no worker yet"));
}

TEST(ProgressViewTest, BetweenTwoTrialsThereWasAWorkerAlready) {
  SweepSnapshot snapshot;
  Apply(MakeUpdate(1, MakeSweep(v1::Sweep::STATE_RUNNING, 3, 0, 1)), Timestamp(), &snapshot);
  EXPECT_THAT(RenderFrame(snapshot, {seconds(3), std::nullopt}, {}),
              ElementsAre("mnist  1/4 done, 3 waiting  3s, waiting for a worker"));
  SweepSnapshot given_back;
  v1::Trial trial = MakeTrial(1, v1::Trial::STATE_QUEUED);
  trial.set_attempt_count(1);
  Apply(MakeUpdate(1, MakeSweep(v1::Sweep::STATE_RUNNING, 1, 0, 0), trial), Timestamp(),
        &given_back);
  EXPECT_THAT(RenderFrame(given_back, {seconds(3), std::nullopt}, {}),
              ElementsAre("mnist  0/1 done, 1 waiting  3s, waiting for a worker"));
}

TEST(ProgressViewTest, ChangesAreTold) {
  const v1::Sweep sweep = MakeSweep(v1::Sweep::STATE_RUNNING, 5, 2, 3);
  v1::Trial trial = WithProgress(Running(1, 0, "granularity=block"), 62, 100, 3, 5);
  trial.set_worker("workers/gpu-1");
  using Kind = TrialChange::Kind;
  EXPECT_EQ(DescribeChange({Kind::kStarted, trial}, sweep),
            "[3/10] granularity=block seed 0: started on gpu-1");
  trial = WithMetric(trial, "validation/accuracy", 0.98124);
  EXPECT_EQ(DescribeChange({Kind::kEpoch, trial}, sweep),
            "[3/10] granularity=block seed 0: epoch 3/5 done, validation accuracy 0.9812");
  trial.mutable_finish_time()->set_seconds(trial.start_time().seconds() + 72);
  trial = WithMetric(trial, "test/accuracy", 0.99);
  EXPECT_EQ(DescribeChange({Kind::kSucceeded, trial}, sweep),
            "[3/10] granularity=block seed 0: succeeded in 1m12s, test/accuracy 0.9900");
  trial.set_message("the trainer\ndied");
  EXPECT_EQ(DescribeChange({Kind::kFailed, trial}, sweep),
            "[3/10] granularity=block seed 0: failed: the trainer died");
  trial.set_attempt_count(2);
  EXPECT_EQ(DescribeChange({Kind::kStarted, trial}, sweep),
            "[3/10] granularity=block seed 0: started on gpu-1, attempt 2");
}

TEST(ProgressViewTest, WhyAnAttemptEndedIsTold) {
  const v1::Sweep sweep = MakeSweep(v1::Sweep::STATE_RUNNING, 1, 0, 0);
  v1::Trial trial = MakeTrial(1, v1::Trial::STATE_QUEUED);
  using Kind = TrialChange::Kind;
  EXPECT_THAT(DescribeChange({Kind::kRequeued, trial}, sweep),
              testing::EndsWith(": waits for another attempt"));
  trial.set_message("attempt 1 on w1: worker-lost");
  EXPECT_THAT(DescribeChange({Kind::kRequeued, trial}, sweep),
              testing::EndsWith(": waits for another attempt: attempt 1 on w1: worker-lost"));
}

TEST(ProgressViewTest, FlagsAreToldWithTheirFirstSite) {
  const v1::Sweep sweep = MakeSweep(v1::Sweep::STATE_RUNNING, 5, 2, 3);
  const v1::Trial trial = Running(1, 0, "granularity=block");
  v1::Flag flag;
  flag.set_kind(v1::Flag::KIND_BRANCH_DEAD);
  flag.set_site("layer1.0");
  flag.set_step(250);
  flag.set_message("the skip path has the share 0.004 of the sum");
  using Kind = TrialChange::Kind;
  EXPECT_EQ(
      DescribeChange({Kind::kFlagged, trial, {flag}}, sweep),
      "[3/10] granularity=block seed 0: flag branch-dead at layer1.0, step 250: the skip path "
      "has the share 0.004 of the sum");
  EXPECT_EQ(
      DescribeChange({Kind::kFlagged, trial, {flag, flag, flag}}, sweep),
      "[3/10] granularity=block seed 0: flag branch-dead at layer1.0, step 250: the skip path "
      "has the share 0.004 of the sum; and at 2 other sites");
  flag.set_kind(v1::Flag::KIND_DIVERGING);
  flag.set_site("");
  flag.set_message("the loss is 9");
  EXPECT_EQ(DescribeChange({Kind::kFlagged, trial, {flag}}, sweep),
            "[3/10] granularity=block seed 0: flag diverging, step 250: the loss is 9");
}

TEST(ProgressViewTest, SweepInOneLine) {
  EXPECT_EQ(DescribeSweep(MakeSweep(v1::Sweep::STATE_FAILED, 0, 0, 9, 1)),
            "mnist: failed, 10 of 10 trials done, 1 failed");
}

}  // namespace
}  // namespace adares::client
