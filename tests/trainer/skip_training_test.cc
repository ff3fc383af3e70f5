// Whole trials with weights that are frozen, thaw, or stand elsewhere in the sum: what they report.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/trainer/trial_test.h"

namespace adares {
namespace {

using trainer_protocol::EndEvent;
using trainer_protocol::SkipWeightsEvent;
using trainer_protocol::StartEvent;

using SkipTrainingTest = TrialTest;

TEST_F(SkipTrainingTest, FrozenWeightsAreReportedWithTheirValuesAndNoGradient) {
  TrialSpec spec = TinySpec();
  spec.model.skip.train = SkipTraining::kFrozen;
  EXPECT_EQ(Train(spec).reason, EndReason::kFinished);
  EXPECT_EQ(sink_.All<StartEvent>()[0].parameters, 78045 - 3);
  const auto events = sink_.All<SkipWeightsEvent>();  // steps 0, 4, 6, 8, 12
  ASSERT_EQ(events.size(), 5u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(events[4].weights[i].value, events[0].weights[i].value);
    EXPECT_NE(events[0].weights[i].value, 1);
    EXPECT_TRUE(std::isnan(events[4].weights[i].gradient));
  }
}

TEST_F(SkipTrainingTest, WeightsFrozenForAnEpochMoveInTheNext) {
  TrialSpec spec = TinySpec();
  spec.model.skip.frozen_epochs = 1;
  EXPECT_EQ(Train(spec).reason, EndReason::kFinished);
  EXPECT_EQ(sink_.All<StartEvent>()[0].parameters, 78045);
  const auto events = sink_.All<SkipWeightsEvent>();  // steps 0, 4, 6, 8, 12
  ASSERT_EQ(events.size(), 5u);
  for (size_t i = 0; i < 3; ++i) {
    const double start = events[0].weights[i].value;
    EXPECT_EQ(events[1].weights[i].value, start);
    EXPECT_EQ(events[2].weights[i].value, start);
    EXPECT_TRUE(std::isfinite(events[2].weights[i].gradient));
    EXPECT_NE(events[3].weights[i].value, start);
  }
}

TEST_F(SkipTrainingTest, EveryPlacementTrainsWithBoundedChannelWeights) {
  for (const SkipPlacement placement :
       {SkipPlacement::kSkip, SkipPlacement::kResidual, SkipPlacement::kBoth,
        SkipPlacement::kConvex, SkipPlacement::kSpherical}) {
    TrialSpec spec = TinySpec();
    spec.model.skip = {};
    spec.model.skip.granularity = Granularity::kChannel;
    spec.model.skip.placement = placement;
    spec.model.skip.init.value = 0.5;
    if (placement != SkipPlacement::kSpherical) {
      spec.model.skip.constraint = {SkipConstraint::Kind::kSigmoid, 0, 2};
    }
    RecordingSink sink;
    TrialRunner(TrainerSetup{"test", "cpu", ""}, sink).Run({Command(spec), stop_});
    EXPECT_EQ(sink.All<EndEvent>().back().reason, EndReason::kFinished);
    const int64_t channels = 16 + 32 + 64;
    EXPECT_EQ(sink.All<StartEvent>()[0].parameters,
              78045 - 3 + (placement == SkipPlacement::kBoth ? 2 : 1) * channels);
    const auto events = sink.All<SkipWeightsEvent>();
    const size_t rows_of_site = placement == SkipPlacement::kBoth ? 2 : 1;
    for (size_t i = 0; i < 3 * rows_of_site; i += rows_of_site) {
      EXPECT_NEAR(events.front().weights[i].value, 0.5, 1e-6);
      EXPECT_NE(events.back().weights[i].value, events.front().weights[i].value);
      EXPECT_TRUE(std::isfinite(events.back().weights[i].gradient));
    }
  }
}

TEST_F(SkipTrainingTest, TheSecondWeightOfASiteHasRowsOfItsOwn) {
  TrialSpec spec = TinySpec();
  spec.model.skip = {};
  spec.model.skip.granularity = Granularity::kBlock;
  spec.model.skip.placement = SkipPlacement::kBoth;
  spec.model.skip.init.value = 0.5;
  EXPECT_EQ(Train(spec).reason, EndReason::kFinished);
  const auto events = sink_.All<SkipWeightsEvent>();
  for (const SkipWeightsEvent& event : events) {
    ASSERT_EQ(event.weights.size(), 6u);
    for (size_t i = 0; i < 6; i += 2) {
      const SkipWeightPoint& of_skip = event.weights[i];
      const SkipWeightPoint& of_residual = event.weights[i + 1];
      EXPECT_EQ(of_residual.site, of_skip.site + ".residual");
      EXPECT_EQ(of_skip.value, of_skip.s);
      EXPECT_EQ(of_residual.value, of_residual.r);
      EXPECT_EQ(of_residual.r, of_skip.r);
    }
  }
  const auto& first = events.front().weights;
  const auto& last = events.back().weights;
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(first[i].value, i % 2 == 0 ? 0.5 : 1);
    EXPECT_NE(last[i].value, first[i].value);
    EXPECT_NE(last[i].gradient, last[i ^ 1].gradient);
    EXPECT_TRUE(std::isfinite(last[i].gradient_snr));
    EXPECT_NE(last[i].gradient_snr, last[i ^ 1].gradient_snr);
  }
}

TEST_F(SkipTrainingTest, MatchedWeightsAreMeasuredBeforeTheFirstReport) {
  TrialSpec spec = TinySpec();
  spec.model.skip.init = {SkipInit::Kind::kMatchRms, 0.5, 0, 0};
  EXPECT_EQ(Train(spec).reason, EndReason::kFinished);
  const auto first = sink_.All<SkipWeightsEvent>()[0];
  ASSERT_EQ(first.weights.size(), 3u);
  for (const auto& row : first.weights) {
    EXPECT_GT(row.value, 0);
    EXPECT_NE(row.value, 1) << "which it is until it is measured";
  }
  spec.model.last_norm = LastNorm::kZero;
  spec.model.skip.placement = SkipPlacement::kResidual;
  const EndEvent end = Train(spec);
  EXPECT_EQ(end.reason, EndReason::kError);
  EXPECT_NE(end.message.find("layer1.0"), std::string::npos) << end.message;
}

TEST_F(SkipTrainingTest, ProvenanceSaysWhichTapsTakePart) {
  TrialSpec spec = TinySpec();
  spec.train.epochs = 1;
  ASSERT_GT(spec.train.weight_decay, 0);
  Train(spec);
  spec.train.weight_decay = 0;
  Train(spec);
  TrialRunner({"test", "cpu", "", "", /*keep_dead_taps=*/true}, sink_).Run({Command(spec), stop_});
  std::vector<std::string> taps;
  for (auto& start : sink_.All<StartEvent>()) taps.push_back(start.provenance["taps"]);
  EXPECT_EQ(taps, (std::vector<std::string>{"all", "live", "all"}));
}

}  // namespace
}  // namespace adares
