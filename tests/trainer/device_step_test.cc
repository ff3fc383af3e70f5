// The way of other devices, here on the CPU: the same trial, and what is captured when.
#include "worker/trainer/device_step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "tests/trainer/device_trial.h"
#include "tests/trainer/recorded_graphs.h"
#include "tests/trainer/trial_test.h"

namespace adares {
namespace {

class DeviceWayTest : public TrialTest {
 protected:
  // Rows of both ways in their order: events of one kind with names, steps and about the same
  // numbers.
  void ExpectSameRows(const TrialSpec& spec) {
    ASSERT_EQ(Train(spec).reason, EndReason::kFinished);
    RecordingSink sink;
    TrialRunner runner(TrainerSetup{"test", "cpu", "", "", false, true, /*device_way=*/true}, sink);
    ASSERT_EQ(runner.Run({Command(spec), stop_}), EndReason::kFinished);
    ExpectNear(Numbers(sink), Numbers(sink_));
    EXPECT_EQ(sink.Values(metric::kLearningRate), sink_.Values(metric::kLearningRate));
  }

  static std::vector<double> Numbers(const RecordingSink& sink) {
    std::vector<double> numbers = sink.Values(metric::kTrainLoss);
    for (const char* key : {metric::kTrainAccuracy, metric::kValidationLoss, metric::kTestLoss}) {
      const std::vector<double> more = sink.Values(key);
      numbers.insert(numbers.end(), more.begin(), more.end());
    }
    for (const auto& event : sink.All<trainer_protocol::SkipWeightsEvent>()) {
      for (const SkipWeightPoint& point : event.weights) {
        numbers.push_back(static_cast<double>(point.step));
        numbers.push_back(point.value);
        numbers.push_back(std::isnan(point.gradient) ? -1 : point.gradient);
      }
    }
    return numbers;
  }

  static void ExpectNear(const std::vector<double>& numbers, const std::vector<double>& expected) {
    ASSERT_EQ(numbers.size(), expected.size());
    EXPECT_GT(expected.size(), 30u);
    for (size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_NEAR(numbers[i], expected[i], 2e-3 * std::max(1.0, std::abs(expected[i]))) << i;
    }
  }
};

TEST_F(DeviceWayTest, TrialHasTheSameRowsButForRounding) {
  TrialSpec spec = TinySpec();
  spec.data.cutout = 6;
  spec.data.label_noise = 0.1;
  spec.train.schedule = ScheduleKind::kOneCycle;
  ExpectSameRows(spec);
}

TEST_F(DeviceWayTest, MeanClippingAndLateSkipWeightsAreTheSame) {
  TrialSpec spec = TinySpec();
  spec.model.skip.frozen_epochs = 1;
  spec.train.optimizer = OptimizerKind::kKerasAdam;
  spec.train.lr = 0.002;
  spec.train.ema_decay = 0.9;
  spec.train.clip_norm = 1;
  spec.train.weight_decay = 0;
  ExpectSameRows(spec);
}

class DeviceStepTest : public testing::Test {
 protected:
  void Begin(const TrialSpec& spec) { trial_.emplace(spec, "cpu"); }

  // One epoch, of which the step after `measured` others is measured.
  void RunEpoch(DeviceStep& steps, int64_t measured = -1) {
    TrainingState& state = *trial_->state;
    StepTelemetry telemetry(state.model);
    trial_->BeginEpoch(steps);
    while (trial_->IsInEpoch()) {
      const bool is_measured = state.epoch_step == measured;
      steps.Advance(state, means_, is_measured ? &telemetry : nullptr);
    }
    if (measured >= 0) shares_ = telemetry.Shares();
    ++state.epoch;
  }

  std::optional<DeviceTrial> trial_;
  StepMeans means_;
  std::vector<StepTelemetry::PathShares> shares_;  // of the measured step
  RecordedGraphs graphs_;
};

TEST_F(DeviceStepTest, WholeBatchesAreCapturedOnceAfterTheFirstThree) {
  Begin(TinySpec());  // five whole batches and a short one
  DeviceStep steps(trial_->input, *trial_->step, &graphs_);
  RunEpoch(steps);
  EXPECT_EQ(graphs_.captures(), 1);
  EXPECT_EQ(graphs_.replays(), 2);
  RunEpoch(steps);
  EXPECT_EQ(graphs_.captures(), 1);
  EXPECT_EQ(graphs_.replays(), 7);
}

TEST_F(DeviceStepTest, ParametersThatBeginToMoveAreCapturedAnew) {
  TrialSpec spec = TinySpec();
  spec.model.skip.frozen_epochs = 1;
  Begin(spec);
  DeviceStep steps(trial_->input, *trial_->step, &graphs_);
  const torch::Tensor weight = trial_->state->model->SkipParameters()[0];
  const torch::Tensor start = weight.detach().clone();
  RunEpoch(steps);
  EXPECT_TRUE(torch::equal(weight, start));
  RunEpoch(steps);
  EXPECT_FALSE(torch::equal(weight, start));
  EXPECT_EQ(graphs_.captures(), 2);
  EXPECT_EQ(graphs_.replays(), 4);
}

TEST_F(DeviceStepTest, StepThatIsMeasuredComesFromNoGraph) {
  Begin(TinySpec());
  DeviceStep steps(trial_->input, *trial_->step, &graphs_);
  RunEpoch(steps);
  RunEpoch(steps, /*measured=*/3);
  EXPECT_EQ(graphs_.captures(), 1);
  EXPECT_EQ(graphs_.replays(), 2 + 4);
  ASSERT_EQ(shares_.size(), trial_->state->model->blocks().size());
  for (const auto& share : shares_) EXPECT_GT(share.ratio, 0);
}

TEST_F(DeviceStepTest, StepsThatLeaveBranchesOutAreNotCaptured) {
  TrialSpec spec = TinySpec();
  spec.model.branch_drop = 0.5;
  Begin(spec);
  DeviceStep steps(trial_->input, *trial_->step, &graphs_);
  RunEpoch(steps);
  EXPECT_EQ(graphs_.captures(), 0);
}

// As LibTorch's allocator, CUDA where it makes the graph, and CUDA's libraries tell of it.
TEST_F(DeviceStepTest, WithoutMemoryForAGraphStepsRunOneByOne) {
  Begin(TinySpec());
  DeviceStep one_by_one(trial_->input, *trial_->step, nullptr);
  RunEpoch(one_by_one);
  const std::vector<torch::Tensor> expected = trial_->state->model->parameters();
  const std::vector<std::function<void()>> refusals{
      [] { TORCH_CHECK_WITH(OutOfMemoryError, false, "no memory for a graph"); },
      [] { TORCH_CHECK(false, "CUDA error: out of memory"); },
      [] { TORCH_CHECK(false, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `create`"); },
      [] { TORCH_CHECK(false, "cuDNN error: CUDNN_STATUS_ALLOC_FAILED"); }};
  for (const auto& refusal : refusals) {
    Begin(TinySpec());
    RecordedGraphs graphs;
    graphs.RefuseToCapture(refusal);
    DeviceStep steps(trial_->input, *trial_->step, &graphs);
    ASSERT_NO_THROW(RunEpoch(steps));
    EXPECT_EQ(graphs.captures(), 1);
    EXPECT_EQ(graphs.replays(), 0);
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(torch::equal(trial_->state->model->parameters()[i], expected[i]));
    }
  }
}

TEST_F(DeviceStepTest, OtherErrorsOfACaptureAreThrown) {
  Begin(TinySpec());
  graphs_.RefuseToCapture(
      [] { TORCH_CHECK(false, "CUDA error: an illegal memory access was encountered"); });
  DeviceStep steps(trial_->input, *trial_->step, &graphs_);
  EXPECT_THROW(RunEpoch(steps), c10::Error);
}

TEST_F(DeviceStepTest, WithoutCapturingNothingIsReplayed) {
  Begin(TinySpec());
  trial_->input.capture_steps = false;
  DeviceStep steps(trial_->input, *trial_->step, &graphs_);
  RunEpoch(steps);
  EXPECT_EQ(graphs_.captures(), 0);
}

// A checkpoint in the middle of an epoch has the state that steps one by one would have.
TEST_F(DeviceStepTest, EpochCanBeginInItsMiddle) {
  Begin(TinySpec());
  DeviceStep steps(trial_->input, *trial_->step, nullptr);
  RunEpoch(steps);
  ExampleMeans whole;
  ASSERT_TRUE(means_.Take(whole));
  const std::vector<torch::Tensor> expected = trial_->state->model->parameters();
  const Random::State random = trial_->state->augmentation_random.state();

  trial_->state = std::make_unique<TrainingState>(trial_->input, torch::kCPU);
  trial_->state->optimizer.StartEpoch(0);
  trial_->state->ShuffleOrder();
  ExampleMeans parts;
  for (const int64_t until : {2, 6}) {
    DeviceStep fresh(trial_->input, *trial_->step, nullptr);
    fresh.BeginEpoch(*trial_->state);
    while (trial_->state->epoch_step < until) fresh.Advance(*trial_->state, means_, nullptr);
    ASSERT_TRUE(means_.Take(parts));
  }
  EXPECT_EQ(parts.loss(), whole.loss());
  EXPECT_EQ(parts.examples(), 90);
  EXPECT_EQ(trial_->state->augmentation_random.state(), random);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(torch::equal(trial_->state->model->parameters()[i], expected[i]));
  }
}

}  // namespace
}  // namespace adares
