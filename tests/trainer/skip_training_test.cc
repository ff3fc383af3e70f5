// Whole trials with weights that are frozen, thaw, or stand elsewhere in the sum: what they report.
#include <gtest/gtest.h>

#include <cmath>

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
  const auto events = sink_.All<SkipWeightsEvent>();  // steps 0, 6, 12
  ASSERT_EQ(events.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(events[2].weights[i].value, events[0].weights[i].value);
    EXPECT_NE(events[0].weights[i].value, 1);
    EXPECT_TRUE(std::isnan(events[2].weights[i].gradient));
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
  for (const SkipPlacement placement : {SkipPlacement::kSkip, SkipPlacement::kResidual,
                                        SkipPlacement::kBoth, SkipPlacement::kConvex}) {
    TrialSpec spec = TinySpec();
    spec.model.skip = {};
    spec.model.skip.granularity = Granularity::kChannel;
    spec.model.skip.placement = placement;
    spec.model.skip.init.value = 0.5;
    spec.model.skip.constraint = {SkipConstraint::Kind::kSigmoid, 0, 2};
    RecordingSink sink;
    TrialRunner(TrainerSetup{"test", "cpu", ""}, sink).Run({Command(spec), stop_});
    EXPECT_EQ(sink.All<EndEvent>().back().reason, EndReason::kFinished);
    const int64_t channels = 16 + 32 + 64;
    EXPECT_EQ(sink.All<StartEvent>()[0].parameters,
              78045 - 3 + (placement == SkipPlacement::kBoth ? 2 : 1) * channels);
    const auto events = sink.All<SkipWeightsEvent>();
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(events.front().weights[i].value, 0.5, 1e-6);
      EXPECT_NE(events.back().weights[i].value, events.front().weights[i].value);
      EXPECT_TRUE(std::isfinite(events.back().weights[i].gradient));
    }
  }
}

}  // namespace
}  // namespace adares
