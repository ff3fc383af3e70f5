// Runs that are cut off and go on from their checkpoints: the same rows and weights, bit by bit.
#include "worker/trainer/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/sha256.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/device_trial.h"
#include "tests/trainer/trial_test.h"
#include "worker/trainer/checkpoint_folder.h"
#include "worker/trainer/file_lock.h"
#include "worker/trainer/tensor_file.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using trainer_protocol::CheckpointEvent;
using trainer_protocol::CheckpointOrder;
using trainer_protocol::EndEvent;
using trainer_protocol::Event;
using trainer_protocol::FlagEvent;
using trainer_protocol::PointsEvent;
using trainer_protocol::SkipWeightsEvent;
using trainer_protocol::StartEvent;

// All that a spec may turn on which has a state of its own.
TrialSpec SpecWithAllState() {
  TrialSpec spec = TinySpec();
  spec.model.skip.frozen_epochs = 1;
  spec.model.branch_drop = 0.7;
  spec.train.optimizer = OptimizerKind::kAdam;
  spec.train.ema_decay = 0.9;
  spec.train.warmup_epochs = 0.5;
  spec.data.augment = Augment::kCrop;
  return spec;
}

class CheckpointTest : public TrialTest {
 protected:
  // Trains with a checkpoint each `every` steps and stops after event number `events`, counted
  // from 1 without progress, which comes by the clock; 0 lets it finish.
  EndEvent TrainPart(const TrialSpec& spec, int64_t every, int events = 0, bool resume = true) {
    int count = 0;
    const auto is_last = [&](const Event& event) {
      return !std::holds_alternative<trainer_protocol::ProgressEvent>(event) && ++count == events;
    };
    return TrainUntil(spec, {folder_ / "trial", every, 0, resume}, is_last);
  }

  EndEvent TrainUntil(const TrialSpec& spec, const CheckpointOrder& order,
                      const std::function<bool(const Event&)>& is_last) {
    RecordingSink sink;
    const auto stop = std::make_shared<std::atomic<bool>>(false);
    sink.on_event = [&](const Event& event) {
      if (is_last(event)) *stop = true;
    };
    trainer_protocol::TrainCommand command = Command(spec);
    command.checkpoints = order;
    TrialRunner runner{TrainerSetup{"test", "cpu", ""}, sink};
    runner.Run({command, stop, {}, {}});
    for (const Event& event : sink.events()) sink_.Send(event);
    return std::get<EndEvent>(sink.events().back());
  }

  std::string NewestCheckpoint() const {
    return CheckpointFolder(folder_ / "trial").List()->front().path;
  }

  std::string ResumedFrom() const {
    const auto provenance = sink_.All<StartEvent>().back().provenance;
    const auto found = provenance.find("resumed_from");
    return found == provenance.end() ? "" : found->second;
  }

  const fixtures::TempFolder folder_;
};

// What sha256sum would write.
void WriteChecksums(const std::string& checkpoint) {
  std::string lines;
  for (const char* name : {"model.safetensors", "state.safetensors"}) {
    lines += Sha256Hex(fixtures::ReadTextFile(checkpoint + "/" + name)) + "  " + name + "\n";
  }
  fixtures::WriteTextFile(checkpoint + "/SHA256SUMS", lines);
}

// The rows of metrics, weights and flags by what identifies them, without times: as a database
// keeps them.
std::map<std::string, std::vector<double>> Rows(const RecordingSink& sink) {
  std::map<std::string, std::vector<double>> rows;
  for (const auto& event : sink.All<PointsEvent>()) {
    for (const MetricPoint& point : event.points) {
      if (point.key.starts_with("time/")) continue;
      rows[point.key + " " + std::to_string(point.step)] = {point.value};
    }
  }
  for (const auto& event : sink.All<SkipWeightsEvent>()) {
    for (const SkipWeightPoint& weight : event.weights) {
      std::vector<double> numbers = {weight.value,     weight.gradient,     weight.s,
                                     weight.r,         weight.gradient_snr, weight.path_ratio,
                                     weight.skip_share};
      for (double& number : numbers) {
        if (std::isnan(number)) number = -12345;  // NaN is not equal to itself
      }
      rows[weight.site + " " + std::to_string(weight.step)] = numbers;
    }
  }
  for (const auto& event : sink.All<FlagEvent>()) {
    const Flag& flag = event.flag;
    rows[std::string(Name(flag.kind)) + " " + flag.site + " " + std::to_string(flag.step)] = {
        static_cast<double>(flag.epoch), flag.raised ? 1.0 : 0.0};
  }
  return rows;
}

TEST_F(CheckpointTest, ARunThatIsCutOffAnywhereEndsAsOneThatIsNot) {
  const TrialSpec spec = SpecWithAllState();
  const EndEvent whole = Train(spec);
  ASSERT_EQ(whole.reason, EndReason::kFinished) << whole.message;
  const auto rows = Rows(sink_);
  for (int events = 2; events < 24; events += 3) {
    sink_ = RecordingSink();
    fs::remove_all(folder_ / "trial");
    // Every third step, so that the part behind the last checkpoint is trained again.
    if (TrainPart(spec, 3, events).reason == EndReason::kFinished) break;
    const EndEvent end = TrainPart(spec, 3);
    EXPECT_EQ(end.digests, whole.digests) << "cut off after event " << events;
    EXPECT_EQ(Rows(sink_), rows) << "cut off after event " << events;
  }
}

// 260 steps on four pictures each, with weights that stay at 0 and a path that they close.
TEST_F(CheckpointTest, FlagsOfARunThatIsCutOffAreThoseOfOneThatIsNot) {
  TrialSpec spec = TinySpec();
  spec.model.skip.init = {SkipInit::Kind::kConstant, 0.001, 0};
  spec.model.skip.lr_mult = 1e-6;
  spec.data.augment = Augment::kNone;
  spec.data.train_size = 1040;
  spec.data.validation_size = spec.data.test_size = 8;
  spec.train.epochs = 1;
  spec.train.batch_size = 4;
  spec.train.lr = 0.01;
  spec.train.log_every = 20;
  const EndEvent whole = Train(spec);
  const auto rows = Rows(sink_);
  ASSERT_EQ(sink_.All<FlagEvent>().size(), 6U);
  sink_ = RecordingSink();
  // Start, weights at step 0, then two events each 20 steps: cut off in the middle of the window.
  EXPECT_EQ(TrainPart(spec, 1000, 11).reason, EndReason::kCancelled);
  EXPECT_TRUE(sink_.All<FlagEvent>().empty());
  EXPECT_EQ(TrainPart(spec, 1000).digests, whole.digests);
  EXPECT_EQ(Rows(sink_), rows);
}

TEST_F(CheckpointTest, ARunThatIsCutOffAgainAndAgainEndsAsOneThatIsNot) {
  const TrialSpec spec = SpecWithAllState();
  const EndEvent whole = Train(spec);
  int parts = 1;
  EndEvent end = TrainPart(spec, 1, 4);
  for (; end.reason != EndReason::kFinished; ++parts) end = TrainPart(spec, 1, 4);
  EXPECT_GE(parts, 4);
  EXPECT_EQ(end.digests, whole.digests);
}

TEST_F(CheckpointTest, DigestsTellOfAnotherSeed) {
  TrialSpec spec = TinySpec();
  const auto first = Train(spec).digests;
  EXPECT_EQ(Train(spec).digests, first);
  EXPECT_EQ(first.size(), 2U);
  spec.seed = 4;
  const auto other = Train(spec).digests;
  EXPECT_NE(other.at("results"), first.at("results"));
  EXPECT_NE(other.at("weights"), first.at("weights"));
}

TEST_F(CheckpointTest, DigestsTellOfWritingNoCheckpointsNothing) {
  const auto without = Train(TinySpec()).digests;
  EXPECT_EQ(TrainPart(TinySpec(), 1).digests, without);
}

TEST_F(CheckpointTest, TheLastOneHasTheNetworkWhoseDigestIsTold) {
  const EndEvent end = TrainPart(TinySpec(), 5);
  EXPECT_EQ(sink_.All<CheckpointEvent>().back().step, 12);
  const std::string model = fixtures::ReadTextFile(NewestCheckpoint() + "/model.safetensors");
  EXPECT_THAT(model, HasSubstr("\"layer1.0.conv1.weight\""));
  AdaResNet network(TinySpec().model, 3, 10, 1);
  ASSERT_TRUE(LoadModule(*network, NewestCheckpoint() + "/model.safetensors").ok());
  EXPECT_EQ(*DigestOfModule(*network), end.digests.at("weights"));
}

TEST_F(CheckpointTest, AreWrittenAsOrderedAndBeforeAStop) {
  TrainPart(TinySpec(), 5);
  std::vector<int64_t> steps;
  for (const auto& event : sink_.All<CheckpointEvent>()) steps.push_back(event.step);
  EXPECT_THAT(steps, ElementsAre(5, 10, 12));
  fs::remove_all(folder_ / "trial");
  sink_ = RecordingSink();
  const EndEvent end = TrainPart(TinySpec(), 1000, 3);  // start, weights at step 0, then at step 4
  EXPECT_EQ(end.reason, EndReason::kCancelled);
  EXPECT_EQ(sink_.All<CheckpointEvent>().back().step, 4);
}

// Start, weights at step 0, weights and points at step 4, weights at step 6, which is the last one
// of the first epoch.
TEST_F(CheckpointTest, AStopInAnEpochsLastStepLeavesItsEvaluationToWhoeverGoesOn) {
  const auto whole = Train(TinySpec()).digests;
  sink_ = RecordingSink();
  const EndEvent end = TrainPart(TinySpec(), 1000, 5);
  EXPECT_EQ(end.reason, EndReason::kCancelled);
  EXPECT_EQ(sink_.All<CheckpointEvent>().back().step, 6);
  EXPECT_EQ(sink_.All<CheckpointEvent>().back().epoch, 0) << "it is not done";
  EXPECT_TRUE(sink_.Values(metric::kValidationAccuracy).empty());
  EXPECT_EQ(TrainPart(TinySpec(), 1000).digests, whole);
  EXPECT_EQ(ResumedFrom(), "step 6");
  EXPECT_EQ(sink_.Values(metric::kValidationAccuracy).size(), 2U);
}

// The second of two epochs: all that is left to do is to evaluate.
TEST_F(CheckpointTest, AStopBeforeTheLastEvaluationsLeavesThemOnly) {
  const TrialSpec spec = SpecWithAllState();
  const auto whole = Train(spec).digests;
  const auto rows = Rows(sink_);
  const auto is_last_step = [](const Event& event) {
    const auto* const weights = std::get_if<SkipWeightsEvent>(&event);
    return weights != nullptr && weights->weights.front().step == 12;
  };
  const auto is_last_epoch = [](const Event& event) {
    const auto* const points = std::get_if<PointsEvent>(&event);
    return points != nullptr && std::ranges::any_of(points->points, [](const MetricPoint& point) {
             return point.key == metric::kValidationAccuracy && point.step == 12;
           });
  };
  sink_ = RecordingSink();
  const CheckpointOrder order{folder_ / "trial", 1000, 0, true};
  EXPECT_EQ(TrainUntil(spec, order, is_last_step).reason, EndReason::kCancelled);
  EXPECT_EQ(sink_.All<CheckpointEvent>().back().step, 12);
  EXPECT_EQ(TrainUntil(spec, order, is_last_epoch).reason, EndReason::kCancelled);
  EXPECT_TRUE(sink_.Values(metric::kTestAccuracy).empty());
  EXPECT_EQ(TrainPart(spec, 1000).digests, whole);
  EXPECT_EQ(Rows(sink_), rows);
}

TEST_F(CheckpointTest, AnEpochThatWasCutOffHasTheSecondsOfBothParts) {
  TrainPart(TinySpec(), 1000, 3);
  TensorMap state = LoadTensors(NewestCheckpoint() + "/state.safetensors")->tensors;
  EXPECT_GT(state.at("epoch_seconds").item<double>(), 0);
  // A minute more, as if the first part had been slow.
  const std::string path = NewestCheckpoint() + "/state.safetensors";
  const auto metadata = LoadTensors(path)->metadata;
  state["epoch_seconds"] = torch::tensor(60.0, torch::kFloat64);
  ASSERT_TRUE(SaveTensors(state, metadata, path).ok());
  WriteChecksums(NewestCheckpoint());
  sink_ = RecordingSink();
  TrainPart(TinySpec(), 1000);
  EXPECT_GT(sink_.Values(metric::kEpochSeconds).front(), 60);
  EXPECT_LT(sink_.Values(metric::kImagesPerSecond).front(), 90 / 60.0);
}

TEST_F(CheckpointTest, WhatWentOnElsewhereOnceIsNeverAgainBitByBit) {
  ConfigureTorch(2);
  TrainPart(TinySpec(), 4, 3);
  ConfigureTorch(1);
  TrainPart(TinySpec(), 1, 2);
  TrainPart(TinySpec(), 4);
  EXPECT_THAT(ResumedFrom(), HasSubstr("it had itself gone on from step 4, not bit by bit"));
}

TEST_F(CheckpointTest, OtherTapsAreNamed) {
  TrialSpec spec = TinySpec();
  spec.train.weight_decay = 0;
  TrainPart(spec, 4, 3);
  trainer_protocol::TrainCommand command = Command(spec);
  command.checkpoints = {folder_ / "trial", 4, 0, true};
  TrialRunner({"test", "cpu", "", "", /*keep_dead_taps=*/true}, sink_).Run({command, stop_});
  EXPECT_THAT(sink_.All<EndEvent>().back().message,
              HasSubstr("was written without --keep-dead-taps"));
}

TEST_F(CheckpointTest, AFolderIsForOneProcessAtATime) {
  ASSERT_TRUE(CheckpointFolder(folder_ / "trial").Create().ok());
  const FileLock other(folder_ / "trial/lock");
  const EndEvent end = TrainPart(TinySpec(), 4);
  EXPECT_EQ(end.reason, EndReason::kError);
  EXPECT_THAT(end.message, HasSubstr("is in use by another adares-trainer"));
}

TEST_F(CheckpointTest, ARequestIsAnsweredOnceAfterTheStep) {
  const auto request = std::make_shared<std::atomic<bool>>(true);
  trainer_protocol::TrainCommand command = Command(TinySpec());
  command.checkpoints.folder = folder_ / "trial";
  runner_.Run({command, stop_, request, {}});
  const auto written = sink_.All<CheckpointEvent>();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[0].step, 1);
  EXPECT_EQ(written[1].step, 12);
  EXPECT_FALSE(*request);
}

TEST_F(CheckpointTest, OneThatCannotBeWrittenStopsNothing) {
  const auto whole = Train(TinySpec()).digests;
  RecordingSink sink;
  sink.on_event = [this](const Event& event) {
    if (!std::holds_alternative<CheckpointEvent>(event)) return;
    fs::remove_all(folder_ / "trial");
    fixtures::WriteTextFile(folder_ / "trial", "a file where the folder was");
  };
  trainer_protocol::TrainCommand command = Command(TinySpec());
  command.checkpoints = {folder_ / "trial", 4, 0, false};
  TrialRunner(TrainerSetup{"test", "cpu", ""}, sink).Run({command, stop_});
  EXPECT_EQ(sink.All<CheckpointEvent>().size(), 1U);
  EXPECT_EQ(sink.All<EndEvent>().back().digests, whole);
}

TEST_F(CheckpointTest, ABrokenOneIsLeftAsideForTheOneBefore) {
  const auto whole = Train(TinySpec()).digests;
  for (const char* name : {"model.safetensors", "state.safetensors", "SHA256SUMS"}) {
    fs::remove_all(folder_ / "trial");
    TrainPart(TinySpec(), 2, 3);  // up to step 4
    const std::string path = NewestCheckpoint() + "/" + name;
    std::string bytes = fixtures::ReadTextFile(path);
    bytes[bytes.size() / 2] ^= 1;
    fixtures::WriteTextFile(path, bytes);
    EXPECT_EQ(TrainPart(TinySpec(), 2).digests, whole) << name;
    EXPECT_EQ(ResumedFrom(), "step 2") << name;
  }
}

// Values by the names of the state's tensors.
using Values = std::map<std::string, int64_t>;

// Puts them into the checkpoint, whose checksums are right afterwards.
void Forge(const std::string& checkpoint, const Values& values) {
  const std::string path = checkpoint + "/state.safetensors";
  auto stored = *LoadTensors(path);
  for (const auto& [name, value] : values) {
    ASSERT_TRUE(stored.tensors.contains(name)) << name;
    stored.tensors[name] = torch::tensor(value, torch::kInt64);
  }
  ASSERT_TRUE(SaveTensors(stored.tensors, stored.metadata, path).ok());
  WriteChecksums(checkpoint);
}

// Writes a checkpoint of step 4 of two epochs with six steps of 16 pictures each.
void WriteAtStepFour(DeviceTrial& trial, const std::string& folder) {
  TrainingState& state = *trial.state;
  state.optimizer.StartEpoch(0);
  state.ShuffleOrder();
  StepMeans means;
  for (int step = 0; step < 4; ++step) trial.step->Advance(state, means, nullptr);
  ASSERT_TRUE(means.Take(state.train_means));
  fs::create_directory(folder);
  const absl::Status status = WriteCheckpoint(trial.input, state, folder);
  ASSERT_TRUE(status.ok()) << status;
}

// Most of these would be read as indices or go into one; others contradict each other, and would
// train too few steps or too many.
TEST_F(CheckpointTest, OneAtAPlaceThatNoRunComesToIsBroken) {
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
  DeviceTrial trial(SpecWithAllState(), "cpu");
  WriteAtStepFour(trial, folder_ / "honest");
  TrainingState honest(trial.input, torch::kCPU);
  const auto provenance = ReadCheckpoint(trial.input, folder_ / "honest", honest);
  ASSERT_TRUE(provenance.ok()) << provenance.status();
  EXPECT_EQ(honest.step, 4);
  for (const Values& values : std::vector<Values>{
           {{"epoch_step", 6}, {"step", 6}},
           {{"epoch_step", -1}, {"epoch", 1}, {"step", 5}},
           {{"epoch_step", kFar}},
           {{"epoch", 2}, {"step", 16}},
           {{"epoch", 3}, {"epoch_step", 0}, {"step", 18}},
           {{"epoch", -1}, {"step", -2}},
           {{"epoch", kFar}},
           {{"step", 5}},
           {{"step", -kFar}},
           {{"optimizer.steps.fc.bias", 5}},
           {{"optimizer.steps.fc.bias", -1}},
           {{"moving_mean_updates", 5}},
           {{"moving_mean_updates", -11}},
           {{"train.examples", 91}},
           {{"train.correct", 65}},
           {{"loss_watch.steps", 5}},
           {{"loss_watch.long_steps", kFar}},
       }) {
    fs::remove_all(folder_ / "forged");
    fs::copy(folder_ / "honest", folder_ / "forged");
    Forge(folder_ / "forged", values);
    TrainingState state(trial.input, torch::kCPU);
    const absl::Status status = ReadCheckpoint(trial.input, folder_ / "forged", state).status();
    const std::string name = testing::PrintToString(values);
    EXPECT_TRUE(absl::IsDataLoss(status)) << name << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("; remove this checkpoint")) << name;
  }
}

TEST_F(CheckpointTest, OneAtAPlaceThatNoRunComesToIsLeftAsideForTheOneBefore) {
  const auto whole = Train(TinySpec()).digests;
  TrainPart(TinySpec(), 2, 4);  // start, weights at step 0, a checkpoint, weights at step 4
  ASSERT_THAT(NewestCheckpoint(), HasSubstr("step-000000000004"));
  Forge(NewestCheckpoint(), {{"epoch_step", 6}, {"step", 6}});
  EXPECT_EQ(TrainPart(TinySpec(), 2).digests, whole);
  EXPECT_EQ(ResumedFrom(), "step 2");
}

// What an honest run has at the borders of its epochs.
TEST_F(CheckpointTest, BordersOfEpochsArePlacesThatRunsComeTo) {
  const auto whole = Train(TinySpec()).digests;
  for (const auto& [step, epoch] : Values{{"step-000000000006", 1}, {"step-000000000012", 2}}) {
    fs::remove_all(folder_ / "trial");
    TrainPart(TinySpec(), 6, epoch == 1 ? 7 : 0);
    ASSERT_THAT(NewestCheckpoint(), HasSubstr(step));
    const auto state = LoadTensors(NewestCheckpoint() + "/state.safetensors")->tensors;
    EXPECT_EQ(state.at("epoch").item<int64_t>(), epoch);
    EXPECT_EQ(state.at("epoch_step").item<int64_t>(), 0);
    EXPECT_EQ(TrainPart(TinySpec(), 6).digests, whole);
    EXPECT_EQ(ResumedFrom(), "step " + std::to_string(6 * epoch));
  }
}

TEST_F(CheckpointTest, WhereNoneIsWholeTheTrialBeginsAnew) {
  const auto whole = Train(TinySpec()).digests;
  TrainPart(TinySpec(), 4, 3);
  fs::remove(NewestCheckpoint() + "/SHA256SUMS");
  EXPECT_EQ(TrainPart(TinySpec(), 4).digests, whole);
  EXPECT_EQ(ResumedFrom(), "");
}

TEST_F(CheckpointTest, ThoseOfAnotherTrialAreRefused) {
  TrainPart(TinySpec(), 4);
  TrialSpec other = TinySpec();
  other.seed = 4;
  const EndEvent end = TrainPart(other, 4);
  EXPECT_EQ(end.reason, EndReason::kError);
  EXPECT_THAT(end.message, HasSubstr("belongs to another trial"));
}

TEST_F(CheckpointTest, AFolderWithCheckpointsNeedsToBeResumed) {
  TrainPart(TinySpec(), 4);
  const EndEvent end = TrainPart(TinySpec(), 4, 0, /*resume=*/false);
  EXPECT_EQ(end.reason, EndReason::kError);
  EXPECT_THAT(end.message, HasSubstr("has checkpoints already; go on from them with --resume"));
}

TEST_F(CheckpointTest, AnotherThreadCountIsSaidToBeAnotherClass) {
  TrainPart(TinySpec(), 4, 4);
  EXPECT_EQ(ResumedFrom(), "");
  TrainPart(TinySpec(), 4, 4);
  EXPECT_THAT(ResumedFrom(), testing::MatchesRegex("step [0-9]+"));
  ConfigureTorch(2);
  TrainPart(TinySpec(), 4);
  EXPECT_THAT(ResumedFrom(),
              HasSubstr("not bit by bit: class is cpu/threads=2, was cpu/threads=1"));
}

TEST_F(CheckpointTest, AnotherCommitIsSaidToBeAnotherProgram) {
  TrainPart(TinySpec(), 4, 4);
  trainer_protocol::TrainCommand command = Command(TinySpec());
  command.checkpoints = {folder_ / "trial", 4, 0, true};
  TrainerSetup setup{"test", "cpu", ""};
  setup.commit = "1f2e3d4c";
  TrialRunner(setup, sink_).Run({command, stop_});
  EXPECT_EQ(sink_.All<StartEvent>().back().provenance.at("trainer_commit"), "1f2e3d4c");
  EXPECT_EQ(ResumedFrom(), "step 4, not bit by bit: trainer_commit is 1f2e3d4c, was unknown");
}

TEST_F(CheckpointTest, AFinishedOneGivesItsEndAgain) {
  const EndEvent first = TrainPart(TinySpec(), 4);
  const EndEvent again = TrainPart(TinySpec(), 4);
  EXPECT_EQ(again.reason, EndReason::kFinished);
  EXPECT_EQ(again.digests, first.digests);
}

}  // namespace
}  // namespace adares
