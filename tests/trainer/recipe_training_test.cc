// Whole trials with the optimizers, schedules, precisions and evaluations that a recipe may name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/trainer/trial_test.h"

namespace adares {
namespace {

using testing::HasSubstr;
using trainer_protocol::EndEvent;
using trainer_protocol::PointsEvent;
using trainer_protocol::SkipWeightsEvent;
using trainer_protocol::StartEvent;

class RecipeTrainingTest : public TrialTest {
 protected:
  // In a process that may be warm.
  RecordingSink Events(const TrialSpec& spec) {
    RecordingSink sink;
    TrialRunner(TrainerSetup{"test", "cpu", ""}, sink).Run({Command(spec), stop_});
    return sink;
  }
};

std::vector<std::string> SkipWeightLines(const RecordingSink& sink) {
  std::vector<std::string> lines;
  for (const auto& event : sink.All<SkipWeightsEvent>()) {
    lines.push_back(trainer_protocol::Encode(event));
  }
  return lines;
}

TEST_F(RecipeTrainingTest, EveryOptimizerMovesClampedWeightsOnceTheyThaw) {
  for (const OptimizerKind kind :
       {OptimizerKind::kSgd, OptimizerKind::kNesterov, OptimizerKind::kAdam, OptimizerKind::kAdamW,
        OptimizerKind::kKerasAdam}) {
    TrialSpec spec = TinySpec();
    spec.train.optimizer = kind;
    spec.train.lr = 0.01;
    spec.model.skip.init = {SkipInit::Kind::kConstant, 0.5, 0, 0};
    spec.model.skip.constraint = {SkipConstraint::Kind::kClamp, 0.45, 0.55};
    spec.model.skip.frozen_epochs = 1;
    spec.model.skip.lr_mult = 100;
    spec.model.skip.weight_decay = 0.1;
    const RecordingSink sink = Events(spec);
    ASSERT_EQ(sink.All<EndEvent>().back().reason, EndReason::kFinished);
    const auto events = sink.All<SkipWeightsEvent>();  // steps 0, 4, 6, 8, 12
    int at_bound = 0;
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(events[2].weights[i].value, 0.5);
      EXPECT_NE(events[3].weights[i].value, 0.5);
      EXPECT_NEAR(events[4].weights[i].value, 0.5, 0.05 + 1e-6);
      at_bound += std::abs(std::abs(events[4].weights[i].value - 0.5) - 0.05) < 1e-6;
    }
    EXPECT_GE(at_bound, 1);
  }
}

TEST_F(RecipeTrainingTest, WarmupRisesAndTheScheduleTakesTheRest) {
  TrialSpec spec = TinySpec();  // 2 x 6 steps
  spec.train.schedule = ScheduleKind::kStep;
  spec.train.warmup_epochs = 1.5;  // 9 steps, and 3 of the schedule
  Train(spec);
  const std::vector<double> rates = sink_.Values(metric::kLearningRate);
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_NEAR(rates[0], 0.05 * 6 / 9, 1e-12);
  EXPECT_NEAR(rates[1], 0.05 * 0.1, 1e-12);
}

TEST_F(RecipeTrainingTest, NothingHeldOutMeansTheTestPartAfterEachEpoch) {
  TrialSpec spec = TinySpec();
  spec.data.validation_size = 0;
  EXPECT_EQ(Train(spec).reason, EndReason::kFinished);
  int events = 0;
  for (const auto& event : sink_.All<PointsEvent>()) {
    events += event.points[0].key == metric::kTrainLoss ? 1 : 0;
  }
  ASSERT_EQ(events, 2) << "the last epoch's is the final one";
  const std::vector<double> accuracies = sink_.Values(metric::kTestAccuracy);
  ASSERT_EQ(accuracies.size(), 2u);
  EXPECT_EQ(std::round(accuracies[1] * 30), accuracies[1] * 30) << "of all 30 test pictures";
  EXPECT_EQ(sink_.Values(metric::kTestLoss).size(), 2u);
  EXPECT_TRUE(sink_.Values(metric::kValidationLoss).empty());
  EXPECT_TRUE(sink_.Values(metric::kValidationAccuracy).empty());
  EXPECT_EQ(sink_.All<StartEvent>()[0].provenance.at("validation"), "test");
}

TEST_F(RecipeTrainingTest, ProvenanceSaysWhatWasHeldOut) {
  Train(TinySpec());
  EXPECT_EQ(sink_.All<StartEvent>()[0].provenance.at("validation"), "held-out");
}

TEST_F(RecipeTrainingTest, EndlessLossAfterAnEpochNamesThePart) {
  TrialSpec spec = TinySpec();
  spec.data.validation_size = 0;
  spec.data.train_size = spec.train.batch_size;
  spec.train.lr = 1e30;
  spec.train.epochs = 1;
  EXPECT_THAT(Train(spec).message, HasSubstr("test loss is not finite at step 1"));
}

// A rate so small that no parameter moves: both trials have the same network.
TEST_F(RecipeTrainingTest, LabelsAreSmoothInTheTrainingLossAlone) {
  TrialSpec spec = TinySpec();
  spec.train.lr = 1e-30;
  spec.train.weight_decay = 0;
  const RecordingSink sharp = Events(spec);
  spec.train.label_smoothing = 0.4;
  const RecordingSink smooth = Events(spec);
  EXPECT_NE(smooth.Values(metric::kTrainLoss), sharp.Values(metric::kTrainLoss));
  EXPECT_EQ(smooth.Values(metric::kTrainAccuracy), sharp.Values(metric::kTrainAccuracy));
  EXPECT_EQ(smooth.Values(metric::kValidationLoss), sharp.Values(metric::kValidationLoss));
  EXPECT_EQ(smooth.Values(metric::kTestLoss), sharp.Values(metric::kTestLoss));
}

TEST_F(RecipeTrainingTest, MeanOfParametersIsEvaluatedAndTrainsNothing) {
  TrialSpec spec = TinySpec();
  const RecordingSink without = Events(spec);
  spec.train.ema_decay = 0.9;
  const RecordingSink with = Events(spec);
  EXPECT_EQ(with.Values(metric::kTrainLoss), without.Values(metric::kTrainLoss));
  EXPECT_EQ(SkipWeightLines(with), SkipWeightLines(without));
  EXPECT_NE(with.Values(metric::kValidationLoss), without.Values(metric::kValidationLoss));
  EXPECT_NE(with.Values(metric::kTestLoss), without.Values(metric::kTestLoss));
  EXPECT_EQ(Repeatable(Events(spec).events()), Repeatable(with.events()));
}

TEST_F(RecipeTrainingTest, ShortGradientsMoveLess) {
  TrialSpec spec = TinySpec();
  spec.train.clip_norm = 1e-6;
  spec.train.weight_decay = 0;
  Train(spec);
  const auto events = sink_.All<SkipWeightsEvent>();
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(events.back().weights[i].value, events.front().weights[i].value, 1e-5);
    EXPECT_GT(std::abs(events.back().weights[i].gradient), 1e-5) << "not what was clipped";
  }
}

TEST_F(RecipeTrainingTest, Bf16LearnsAndLeavesNothingBehind) {
  TrialSpec spec = TinySpec();
  const RecordingSink before = Events(spec);
  TrialSpec reduced = spec;
  reduced.train.precision = Precision::kBf16;
  reduced.train.epochs = 4;
  reduced.data.augment = Augment::kNone;
  const RecordingSink sink = Events(reduced);
  const std::vector<double> losses = sink.Values(metric::kTrainLoss);
  ASSERT_EQ(losses.size(), 4u);
  EXPECT_LT(losses.back(), 0.9 * losses.front());
  EXPECT_EQ(Repeatable(Events(reduced).events()), Repeatable(sink.events()));
  EXPECT_EQ(Repeatable(Events(spec).events()), Repeatable(before.events()));
}

TEST_F(RecipeTrainingTest, Tf32OnTheCpuIsRefusedBeforeTheStart) {
  TrialSpec spec = TinySpec();
  spec.train.precision = Precision::kTf32;
  const EndEvent end = Train(spec);
  EXPECT_EQ(end.reason, EndReason::kError);
  EXPECT_THAT(end.message, HasSubstr("train.precision tf32 needs a CUDA device"));
  EXPECT_TRUE(sink_.All<StartEvent>().empty());
}

}  // namespace
}  // namespace adares
