// Whole trials on a CUDA device. Skipped, and shown as that, where there is none.
#ifdef ADARES_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#endif
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/trial_spec_fields.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/recording_sink.h"
#include "tests/trainer/tiny_trial.h"
#include "worker/trainer/torch_runtime.h"
#include "worker/trainer/trial_runner.h"

namespace adares {
namespace {

using trainer_protocol::EndEvent;

class GpuTrialTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "this LibTorch finds no CUDA device";
    ConfigureTorch(1);
    ConfigureDevice("cuda:0", /*deterministic=*/true);
  }

  struct Run {
    RecordingSink sink;
    EndEvent end() const { return sink.All<EndEvent>().back(); }
  };

  std::unique_ptr<Run> Train(const trainer_protocol::TrainCommand& command,
                             const std::string& device = "cuda:0", bool capture = true) {
    auto run = std::make_unique<Run>();
    TrainerSetup setup{"test", device, ""};
    setup.capture_steps = capture;
    TrialRunner(setup, run->sink).Run({command, std::make_shared<std::atomic<bool>>(false)});
    EXPECT_EQ(run->end().reason, EndReason::kFinished) << run->end().message;
    return run;
  }
  std::unique_ptr<Run> Train(const TrialSpec& spec, bool capture = true) {
    return Train(Command(spec), "cuda:0", capture);
  }

  static void ExpectNear(const std::vector<double>& numbers, const std::vector<double>& expected,
                         double tolerance) {
    ASSERT_EQ(numbers.size(), expected.size());
    for (size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_NEAR(numbers[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])));
    }
  }
};

// Optimizers, placements, constraints and augmentation that the specs below have not.
std::vector<TrialSpec> OtherRules() {
  TrialSpec adam = TinySpec();
  adam.train.optimizer = OptimizerKind::kAdam;
  adam.train.lr = 0.001;
  adam.model.skip.placement = SkipPlacement::kResidual;
  adam.data.cutout = 7;
  TrialSpec adamw = TinySpec();
  adamw.train.optimizer = OptimizerKind::kAdamW;
  adamw.train.lr = 0.001;
  adamw.model.skip.placement = SkipPlacement::kConvex;
  TrialSpec tanh = TinySpec();
  tanh.model.skip.init = {SkipInit::Kind::kConstant, 0.5, 0};
  tanh.model.skip.constraint = {SkipConstraint::Kind::kTanh, 0, 1.5};
  TrialSpec clamp = TinySpec();  // reaches a bound
  clamp.model.skip.init = {SkipInit::Kind::kConstant, 0.5, 0};
  clamp.model.skip.constraint = {SkipConstraint::Kind::kClamp, 0.495, 0.505};
  clamp.model.skip.lr_mult = 100;
  clamp.model.skip.weight_decay = 0.1;
  return {adam, adamw, tanh, clamp};
}

// All of the ways that lead through other kernels.
std::vector<TrialSpec> Specs() {
  TrialSpec paper = TinySpec();
  paper.model.family = Family::kPaper;
  paper.model.depth = 18;
  paper.train.optimizer = OptimizerKind::kKerasAdam;
  paper.train.lr = 0.001;
  paper.train.weight_decay = 0;
  TrialSpec mean = TinySpec();
  mean.train.ema_decay = 0.9;
  mean.train.clip_norm = 1;
  mean.train.optimizer = OptimizerKind::kNesterov;
  TrialSpec late = TinySpec();
  late.model.skip.frozen_epochs = 1;
  late.train.precision = Precision::kBf16;
  TrialSpec both = TinySpec();
  both.model.skip.granularity = Granularity::kChannel;
  both.model.skip.placement = SkipPlacement::kBoth;
  both.train.label_smoothing = 0.1;
  TrialSpec sphere = TinySpec();
  sphere.model.skip.placement = SkipPlacement::kSpherical;
  TrialSpec bottlenecks = paper;
  bottlenecks.model.depth = 50;
  bottlenecks.model.skip = {Granularity::kBlock, {SkipInit::Kind::kConstant, 0.5, 0}};
  bottlenecks.model.skip.constraint = {SkipConstraint::Kind::kSigmoid, 0, 1};
  bottlenecks.train.clip_norm = 1;
  std::vector<TrialSpec> specs{TinySpec(), paper, mean, late, both, sphere, bottlenecks};
  for (const TrialSpec& spec : OtherRules()) specs.push_back(spec);
  return specs;
}

// Needs no device: else what cannot be trained anywhere would show on one alone.
TEST(GpuSpecsTest, ArePossibleConfigurations) {
  for (const TrialSpec& spec : Specs()) {
    const auto conflict = FindConflict(spec);
    EXPECT_FALSE(conflict.has_value()) << conflict->message;
  }
}

TEST_F(GpuTrialTest, LossesAreThoseOfTheCpu) {
  for (const TrialSpec& spec : Specs()) {
    const double tolerance = spec.train.precision == Precision::kBf16 ? 0.1 : 0.02;
    const auto cpu = Train(Command(spec), "cpu");
    const auto gpu = Train(spec);
    for (const char* key : {metric::kTrainLoss, metric::kValidationLoss}) {
      ExpectNear(gpu->sink.Values(key), cpu->sink.Values(key), tolerance);
    }
    EXPECT_EQ(gpu->sink.Values(metric::kLearningRate), cpu->sink.Values(metric::kLearningRate));
  }
}

TEST_F(GpuTrialTest, CapturedStepsAreThoseOneByOne) {
  for (TrialSpec spec : Specs()) {
    spec.train.epochs = 3;
    EXPECT_EQ(Repeatable(Train(spec, /*capture=*/true)->sink.events()),
              Repeatable(Train(spec, /*capture=*/false)->sink.events()));
  }
}

TEST_F(GpuTrialTest, TwoDeterministicRunsHaveTheSameBits) {
  for (const TrialSpec& spec : Specs()) {
    const auto one = Train(spec);
    EXPECT_EQ(one->end().digests, Train(spec)->end().digests);
    const auto start = one->sink.All<trainer_protocol::StartEvent>().at(0);
    EXPECT_TRUE(start.provenance.at("class").ends_with("/deterministic"));
    EXPECT_FALSE(start.provenance.at("gpu").empty());
  }
}

TEST_F(GpuTrialTest, ResumedRunHasTheSameBits) {
  for (const TrialSpec& spec : Specs()) {
    const fixtures::TempFolder folder;
    trainer_protocol::TrainCommand command = Command(spec);
    command.checkpoints = {folder.path(), 5, 0, true};
    const auto stop = std::make_shared<std::atomic<bool>>(false);
    RecordingSink sink;
    sink.on_event = [&](const trainer_protocol::Event& event) {
      if (std::holds_alternative<trainer_protocol::CheckpointEvent>(event)) *stop = true;
    };
    TrialRunner(TrainerSetup{"test", "cuda:0", ""}, sink).Run({command, stop});
    ASSERT_EQ(sink.All<EndEvent>().back().reason, EndReason::kCancelled);
    const auto resumed = Train(command);
    const auto start = resumed->sink.All<trainer_protocol::StartEvent>().at(0);
    EXPECT_THAT(start.provenance.at("resumed_from"), testing::HasSubstr("step "));
    EXPECT_THAT(start.provenance.at("resumed_from"), testing::Not(testing::HasSubstr("not bit")));
    EXPECT_EQ(resumed->end().digests, Train(spec)->end().digests);
  }
}

// With channels enough for the units that round to ten bits. Generations before Ampere have none.
TEST_F(GpuTrialTest, Tf32IsNearFloatAndEndsWithItsTrial) {
  TrialSpec spec = TinySpec();
  spec.model.family = Family::kResnet;
  spec.model.depth = 18;
  spec.train.lr = 0.01;
  const auto before = Train(spec);
  const auto start = before->sink.All<trainer_protocol::StartEvent>().at(0);
  if (std::stod(start.provenance.at("compute_capability")) < 8) GTEST_SKIP() << "has no TF32";
  TrialSpec rounded = spec;
  rounded.train.precision = Precision::kTf32;
  const auto between = Train(rounded);
  const std::vector<double> losses = before->sink.Values(metric::kTrainLoss);
  ExpectNear(between->sink.Values(metric::kTrainLoss), losses, 0.05);
  EXPECT_NE(between->sink.Values(metric::kTrainLoss), losses);
  EXPECT_EQ(between->end().digests, Train(rounded)->end().digests);
  EXPECT_EQ(Repeatable(Train(spec)->sink.events()), Repeatable(before->sink.events()));
}

TEST_F(GpuTrialTest, LackOfMemoryEndsTheTrialAndNotTheProcess) {
#ifdef ADARES_CUDA
  // Others may be on the device: the memory that is lacking is this process's.
  c10::cuda::CUDACachingAllocator::setMemoryFraction(0.05, 0);
#endif
  TrialSpec large = TinySpec();
  large.model.family = Family::kResnet;
  large.model.depth = 101;
  large.data.train_size = 19000;
  large.train.batch_size = 19000;
  RecordingSink sink;
  TrialRunner runner(TrainerSetup{"test", "cuda:0", ""}, sink);
  const auto stop = std::make_shared<std::atomic<bool>>(false);
  EXPECT_EQ(runner.Run({Command(large), stop}), EndReason::kOutOfMemory);
  EXPECT_EQ(runner.Run({Command(TinySpec()), stop}), EndReason::kFinished);
}

}  // namespace
}  // namespace adares
