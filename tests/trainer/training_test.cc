// Whole trials in this process: what they report, that they learn, how they end, and that equal
// specifications give equal numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "tests/trainer/trial_test.h"
#include "worker/trainer/data_split.h"
#include "worker/trainer/decoded_images.h"
#include "worker/trainer/synthetic.h"
#include "worker/trainer/training.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using trainer_protocol::EndEvent;
using trainer_protocol::PointsEvent;
using trainer_protocol::SkipWeightsEvent;
using trainer_protocol::StartEvent;

class TrainingTest : public TrialTest {
 protected:
  // (step, epoch) of each skip weight event.
  std::vector<std::pair<int64_t, int64_t>> SkipWeightSteps() const {
    std::vector<std::pair<int64_t, int64_t>> steps;
    for (const auto& event : sink_.All<SkipWeightsEvent>()) {
      steps.emplace_back(event.weights[0].step, event.weights[0].epoch);
    }
    return steps;
  }
};

TEST_F(TrainingTest, ReportsEverythingInOrder) {
  const EndEvent end = Train(TinySpec());
  EXPECT_EQ(end.reason, EndReason::kFinished);
  EXPECT_EQ(end.message, "");
  const auto starts = sink_.All<StartEvent>();
  ASSERT_EQ(starts.size(), 1u);
  EXPECT_EQ(starts[0].total_steps, 12);
  EXPECT_EQ(starts[0].total_epochs, 2);
  EXPECT_EQ(starts[0].parameters, 78045);
  EXPECT_EQ(starts[0].provenance.at("class"), "cpu/threads=1");
  EXPECT_EQ(starts[0].provenance.at("train_size"), "90");
  EXPECT_EQ(starts[0].provenance.at("classes"), "10");
  EXPECT_EQ(starts[0].provenance.at("noisy_labels"), "0");
  EXPECT_EQ(starts[0].provenance.at("data_digest"), KeepInMemory(MakeSynthetic()).digest);
  EXPECT_TRUE(std::holds_alternative<StartEvent>(sink_.events().front()));
  EXPECT_TRUE(std::holds_alternative<EndEvent>(sink_.events().back()));
  for (const char* key : {metric::kTrainLoss, metric::kTrainAccuracy, metric::kValidationLoss,
                          metric::kValidationAccuracy, metric::kLearningRate, metric::kEpochSeconds,
                          metric::kImagesPerSecond}) {
    EXPECT_EQ(sink_.Values(key).size(), 2u) << key;
  }
  EXPECT_EQ(sink_.Values(metric::kTestLoss).size(), 1u);
  EXPECT_EQ(sink_.Values(metric::kTestAccuracy).size(), 1u);
  EXPECT_NEAR(sink_.Values(metric::kLearningRate)[0], 0.025 * (1 + std::cos(M_PI * 5 / 12)), 1e-12);
}

TEST_F(TrainingTest, PointsCarryTheirStepAndEpoch) {
  Train(TinySpec());
  std::vector<std::pair<int64_t, int64_t>> steps;  // and epochs
  for (const auto& event : sink_.All<PointsEvent>()) {
    steps.emplace_back(event.points[0].step, event.points[0].epoch);
  }
  // Stages at steps 4, 6, 8 and 12, epochs at 6 and 12, the test at the end.
  EXPECT_THAT(steps, ElementsAre(std::pair(4, 0), std::pair(6, 1), std::pair(6, 1), std::pair(8, 1),
                                 std::pair(12, 2), std::pair(12, 2), std::pair(12, 2)));
}

TEST_F(TrainingTest, SkipWeightsComeAtTheStartEachIntervalAndEachEpochsEnd) {
  Train(TinySpec());
  EXPECT_THAT(SkipWeightSteps(), ElementsAre(std::pair(0, 0), std::pair(4, 0), std::pair(6, 1),
                                             std::pair(8, 1), std::pair(12, 2)));
  const auto events = sink_.All<SkipWeightsEvent>();
  ASSERT_EQ(events[0].weights.size(), 3u);
  EXPECT_EQ(events[0].weights[2].site, "layer3.0");
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::isnan(events[0].weights[i].gradient));
    EXPECT_TRUE(std::isfinite(events[1].weights[i].gradient));
    EXPECT_NE(events[1].weights[i].value, events[0].weights[i].value);
  }
}

TEST_F(TrainingTest, FirstSkipWeightIsTheValueAfterTheStepOfItsGradient) {
  TrialSpec spec = TinySpec();
  spec.train.epochs = 1;
  spec.train.log_every = 1;
  spec.train.schedule = ScheduleKind::kConstant;
  Train(spec);
  const auto events = sink_.All<SkipWeightsEvent>();
  for (size_t site = 0; site < 3; ++site) {
    const double before = events[0].weights[site].value;
    const SkipWeightPoint& after = events[1].weights[site];
    // SGD's first step: no momentum yet, and no weight decay on skip weights.
    EXPECT_NEAR(after.value, before - 0.05 * after.gradient, 1e-6);
  }
}

TEST_F(TrainingTest, PlainNetworkReportsWeightsOfOne) {
  TrialSpec spec = TinySpec();
  spec.model.skip = {};
  Train(spec);
  EXPECT_THAT(SkipWeightSteps(), ElementsAre(std::pair(0, 0), std::pair(4, 0), std::pair(6, 1),
                                             std::pair(8, 1), std::pair(12, 2)));
  for (const auto& event : sink_.All<SkipWeightsEvent>()) {
    for (const SkipWeightPoint& point : event.weights) {
      EXPECT_EQ(point.value, 1);
      EXPECT_TRUE(std::isnan(point.gradient));
    }
  }
}

TEST_F(TrainingTest, SecondTrialOfAWarmProcessGivesTheSameBits) {
  Train(TinySpec());
  RecordingSink second;
  TrialRunner(TrainerSetup{"test", "cpu", ""}, second).Run({Command(TinySpec()), stop_});
  EXPECT_EQ(Repeatable(second.events()), Repeatable(sink_.events()));
  TrialSpec other = TinySpec();
  other.seed = 4;
  RecordingSink third;
  TrialRunner(TrainerSetup{"test", "cpu", ""}, third).Run({Command(other), stop_});
  EXPECT_NE(third.Values(metric::kTrainLoss), sink_.Values(metric::kTrainLoss));
}

TEST_F(TrainingTest, TwentyStepsLowerTheLoss) {
  for (const OptimizerKind optimizer : {OptimizerKind::kSgd, OptimizerKind::kAdam}) {
    TrialSpec spec = TinySpec();
    spec.data.augment = Augment::kNone;
    spec.data.train_size = 80;
    spec.train.epochs = 4;
    spec.train.optimizer = optimizer;
    spec.train.lr = optimizer == OptimizerKind::kAdam ? 0.003 : 0.05;
    RecordingSink sink;
    TrialRunner(TrainerSetup{"test", "cpu", ""}, sink).Run({Command(spec), stop_});
    const std::vector<double> losses = sink.Values(metric::kTrainLoss);
    ASSERT_EQ(losses.size(), 4u);
    EXPECT_LT(losses.back(), 0.9 * losses.front());
  }
}

TEST_F(TrainingTest, PaperNetworkTrains) {
  TrialSpec spec = TinySpec();
  spec.model.family = Family::kPaper;
  spec.model.depth = 18;
  spec.train.epochs = 1;
  EXPECT_EQ(Train(spec).reason, EndReason::kFinished);
  EXPECT_EQ(sink_.All<StartEvent>()[0].parameters, 11190738);
  EXPECT_EQ(sink_.All<SkipWeightsEvent>()[0].weights.size(), 8u);
}

TEST_F(TrainingTest, StopEndsAfterTheRunningStep) {
  TrialSpec spec = TinySpec();
  spec.train.epochs = 1000;
  sink_.on_event = [this](const trainer_protocol::Event& event) {
    const auto* weights = std::get_if<SkipWeightsEvent>(&event);
    if (weights != nullptr && weights->weights[0].step == 8) stop_->store(true);
  };
  const EndEvent end = Train(spec);
  EXPECT_EQ(end.reason, EndReason::kCancelled);
  EXPECT_THAT(end.message, HasSubstr("step 8"));
}

TEST_F(TrainingTest, EndlessLossEndsAsDiverged) {
  TrialSpec spec = TinySpec();
  spec.train.lr = 1e30;
  spec.train.epochs = 20;
  const EndEvent end = Train(spec);
  EXPECT_EQ(end.reason, EndReason::kDiverged);
  EXPECT_THAT(end.message, HasSubstr("not finite at step"));
}

// The only step's loss is finite; the weights after it are not fit for use.
TEST_F(TrainingTest, EndlessValidationLossEndsAsDiverged) {
  TrialSpec spec = TinySpec();
  spec.train.lr = 1e30;
  spec.train.epochs = 1;
  spec.data.train_size = spec.train.batch_size;
  const EndEvent end = Train(spec);
  EXPECT_EQ(end.reason, EndReason::kDiverged);
  EXPECT_THAT(end.message, HasSubstr("validation loss is not finite at step 1"));
}

DecodedPart Grey(uint8_t value, size_t pictures) {
  return {std::vector<uint8_t>(pictures * 3072, value), std::vector<uint16_t>(pictures, 1)};
}

// Only test pictures leave the range of numbers when they are normalised.
TEST_F(TrainingTest, EndlessTestLossEndsAsDiverged) {
  const float mean = 128 / 255.0f;
  const ImageData data = KeepInMemory({{3, 32, 32},
                                       10,
                                       Grey(128, 24),
                                       Grey(255, 8),
                                       {{mean, mean, mean}, {1e-39f, 1e-39f, 1e-39f}}});
  TrialSpec spec = TinySpec();
  spec.data.augment = Augment::kNone;
  spec.data.train_size = 16;
  spec.data.validation_size = 8;
  spec.data.test_size = 8;
  const auto split = SplitData(spec, data);
  ASSERT_TRUE(split.ok()) << split.status();
  const EndEvent end = adares::Train({spec, data, *split, "cpu", {}}, sink_, *stop_);
  EXPECT_EQ(end.reason, EndReason::kDiverged);
  EXPECT_THAT(end.message, HasSubstr("test loss is not finite at step 2"));
}

TEST_F(TrainingTest, MissingDataIsAnErrorThatNamesTheWayOut) {
  TrialSpec spec = TinySpec();
  spec.data.dataset = Dataset::kCifar10;
  const EndEvent end = Train(spec);
  EXPECT_EQ(end.reason, EndReason::kError);
  EXPECT_THAT(end.message, HasSubstr("--data"));
}

TEST_F(TrainingTest, SizesThatDoNotFitAreAnError) {
  TrialSpec spec = TinySpec();
  spec.data.train_size = 30000;
  EXPECT_THAT(Train(spec).message, HasSubstr("20000 training examples"));
}

TEST(EndOfExceptionTest, LackOfMemoryIsKnownByWhatTheLibrariesSay) {
  const auto end_of = [](const std::string& message) {
    try {
      TORCH_CHECK(false, message);
    } catch (...) {
      return EndOfException(std::current_exception());
    }
    return EndEvent();
  };
  for (const char* message :
       {"[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes",
        "CUDA error: out of memory", "CUDA: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED"}) {
    EXPECT_EQ(end_of(message).reason, EndReason::kOutOfMemory) << message;
  }
  for (const char* message : {"CUDA error: an illegal memory access was encountered",
                              "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"}) {
    EXPECT_EQ(end_of(message).reason, EndReason::kError) << message;
  }
}

TEST(EndOfExceptionTest, KindOfExceptionDecidesTheReason) {
  const EndEvent memory = EndOfException(std::make_exception_ptr(std::bad_alloc()));
  EXPECT_EQ(memory.reason, EndReason::kOutOfMemory);
  EXPECT_THAT(memory.message, HasSubstr("train.batch_size"));
  const EndEvent error = EndOfException(std::make_exception_ptr(std::runtime_error("one\ntwo")));
  EXPECT_EQ(error.reason, EndReason::kError);
  EXPECT_EQ(error.message, "one");
}

}  // namespace
}  // namespace adares
