// The real adares-worker against a real server: trials that end in every way, played by the
// scripted trainer.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "core/sha256.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/processes.h"
#include "tests/fixtures/program.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using fixtures::Await;
using fixtures::Program;
using fixtures::SmallSweep;

constexpr char kTrainerName[] = "adares-scripted-trainer";

// A sweep of one trial.
SmallSweep OneTrial() { return {.name = "one", .granularities = {"block"}, .retry_errors = false}; }

class WorkerProgramTest : public ServerTest {
 protected:
  void SetUp() override {
    fixtures::AdoptOrphans();
    ServerTest::SetUp();
  }
  void TearDown() override {
    if (HasFailure() && worker_) std::cerr << worker_->Errors();
    worker_.reset();
    fixtures::KillDescendants();
    ServerTest::TearDown();
  }

  // A worker whose trainers play `script`; they wait at the gate after their first epoch, if it is
  // closed.
  void StartWorker(const std::string& script, int slots = 1,
                   const std::vector<std::string>& more = {}) {
    worker_ = NewWorker("worker", script, slots, more);
  }

  // The same with a state folder of that name.
  std::unique_ptr<Program> NewWorker(const std::string& folder, const std::string& script,
                                     int slots = 1, const std::vector<std::string>& more = {}) {
    Program::Options options = {.path = ADARES_WORKER_PROGRAM, .log = folder_ / folder};
    options.arguments = {"--server",  server_->address(),
                         "--name",    "w",
                         "--state",   folder_ / folder,
                         "--slots",   std::to_string(slots),
                         "--device",  "cpu",
                         "--threads", "1",
                         "--trainer", trainer_};
    options.arguments.insert(options.arguments.end(), more.begin(), more.end());
    options.environment["ADARES_SCRIPT"] = script;
    if (gate_closed_) options.environment["ADARES_SCRIPT_GATE"] = folder_ / "gate";
    return std::make_unique<Program>(std::move(options));
  }

  void OpenGate() { fixtures::WriteTextFile(folder_ / "gate", ""); }

  // Waits until the first trial of the sweep has reported its first epoch.
  void AwaitFirstEpoch() {
    ASSERT_TRUE(Await(
        [this] { return Trials("one").front().last_metrics().contains("validation/accuracy"); }));
  }

  // The sweep's end.
  v1::Sweep::State AwaitEnd(const std::string& sweep) {
    Await([&] { return Sweep(sweep).has_finish_time(); });
    return Sweep(sweep).state();
  }

  // The only attempt of the only trial, once the sweep has failed.
  v1::Attempt FailedAttempt() {
    EXPECT_EQ(AwaitEnd("one"), v1::Sweep::STATE_FAILED);
    const v1::Trial trial = Trial(Trials("one").front().name());
    EXPECT_EQ(trial.state(), v1::Trial::STATE_FAILED);
    EXPECT_EQ(trial.attempts_size(), 1);
    EXPECT_EQ(trial.message(), trial.attempts(0).message());
    return trial.attempts(0);
  }

  std::string trainer_ = ADARES_SCRIPTED_TRAINER_PROGRAM;
  bool gate_closed_ = false;
  std::unique_ptr<Program> worker_;
};

TEST_F(WorkerProgramTest, ASweepRunsToItsEnd) {
  Create({.name = "whole", .granularities = {"none", "block"}, .seeds = {0, 1}, .epochs = 3});
  StartWorker("points_per_epoch=4,log_lines=2,flag_after=3", /*slots=*/2);
  ASSERT_EQ(AwaitEnd("whole"), v1::Sweep::STATE_SUCCEEDED);
  for (const v1::Trial& listed : Trials("whole")) {
    const v1::Trial trial = Trial(listed.name());
    EXPECT_EQ(trial.attempts_size(), 1);
    EXPECT_EQ(trial.progress().step(), 12);
    EXPECT_EQ(trial.progress().total_steps(), 12);
    EXPECT_EQ(Points(trial.name()).size(), 3U * (4 + 6) + 2);
    v1::QuerySkipWeightsRequest request;
    request.set_trial(trial.name());
    const auto weights =
        Call<v1::AnalysisService>(channel_, &v1::AnalysisService::Stub::QuerySkipWeights, request);
    ADARES_ASSERT_OK(weights);
    ASSERT_EQ(weights->weights_size(), 3 * 4);
    EXPECT_EQ(weights->weights(1).r(), 1);
    EXPECT_FALSE(weights->weights(0).has_skip_share());
    EXPECT_TRUE(weights->weights(1).has_skip_share());
    for (const v1::Trial* told : {&listed, &trial}) {
      ASSERT_EQ(told->flags_size(), 1);
      EXPECT_EQ(told->flags(0).kind(), v1::Flag::KIND_CLOSED);
      EXPECT_EQ(told->flags(0).step(), 12);
    }
  }
}

TEST_F(WorkerProgramTest, ALogComesWhole) {
  Create(OneTrial());
  StartWorker("epochs=2,log_lines=700");
  ASSERT_EQ(AwaitEnd("one"), v1::Sweep::STATE_SUCCEEDED);
  v1::TailLogsRequest request;
  request.set_name(Trials("one").front().name());
  const auto stub = v1::TrialService::NewStub(channel_);
  const auto context = NewContext();
  const auto reader = stub->TailLogs(context.get(), request);
  std::vector<std::string> lines;
  for (v1::TailLogsResponse response; reader->Read(&response);) {
    for (const v1::LogLine& line : response.lines()) {
      lines.push_back(line.text());
      EXPECT_EQ(line.number(), static_cast<int64_t>(lines.size()));
    }
  }
  EXPECT_TRUE(reader->Finish().ok());
  ASSERT_EQ(lines.size(), 1401U);
  EXPECT_EQ(lines[0], "trial begins, seed 0");
  EXPECT_EQ(lines[1400], "epoch 2 line 700");
}

TEST_F(WorkerProgramTest, ACrashFailsTheTrialWithSignalAndLastWords) {
  Create(OneTrial());
  StartWorker("epochs=1,log_lines=3,end=crash");
  const v1::Attempt attempt = FailedAttempt();
  EXPECT_EQ(attempt.end_reason(), v1::Attempt::END_REASON_ERROR);
  EXPECT_TRUE(absl::StrContains(attempt.message(), "signal 11")) << attempt.message();
  EXPECT_EQ(attempt.exit_code(), 128 + SIGSEGV);
  ASSERT_GE(attempt.log_tail_size(), 1);
  EXPECT_EQ(*attempt.log_tail().rbegin(), "epoch 1 line 3");
  EXPECT_EQ(Points(Trials("one").front().name()).size(), 8U) << "what it measured is kept";
}

TEST_F(WorkerProgramTest, AnExitWithoutAWordFailsTheTrialWithItsCode) {
  Create(OneTrial());
  StartWorker("end=exit:7");
  const v1::Attempt attempt = FailedAttempt();
  EXPECT_EQ(attempt.exit_code(), 7);
  EXPECT_TRUE(absl::StrContains(attempt.message(), "code 7")) << attempt.message();
}

TEST_F(WorkerProgramTest, GarbageFailsTheTrial) {
  Create(OneTrial());
  StartWorker("end=garbage");
  const v1::Attempt attempt = FailedAttempt();
  EXPECT_EQ(attempt.end_reason(), v1::Attempt::END_REASON_ERROR);
  EXPECT_TRUE(absl::StrContains(attempt.message(), "not an event")) << attempt.message();
}

TEST_F(WorkerProgramTest, WhatATrainerSaysOfItsEndIsKept) {
  Create(OneTrial());
  StartWorker("end=diverged");
  const v1::Attempt attempt = FailedAttempt();
  EXPECT_EQ(attempt.end_reason(), v1::Attempt::END_REASON_DIVERGED);
  EXPECT_EQ(attempt.message(), "the loss is not finite");
}

TEST_F(WorkerProgramTest, AMissingTrainerStopsTheWorkerAndNoTrial) {
  trainer_ = folder_ / "nothing";
  Create(OneTrial());
  StartWorker("");
  EXPECT_EQ(worker_->AwaitEnd(), (fixtures::ProgramEnd{1, 0}));
  EXPECT_TRUE(absl::StrContains(worker_->Errors(), trainer_)) << worker_->Errors();
  EXPECT_EQ(Trials("one").front().state(), v1::Trial::STATE_QUEUED);
}

TEST_F(WorkerProgramTest, AFloodOfPointsLosesNone) {
  Create(OneTrial());
  StartWorker("epochs=1,end=flood:5000");
  ASSERT_EQ(AwaitEnd("one"), v1::Sweep::STATE_SUCCEEDED);
  int64_t flood = 0;
  for (const v1::MetricPoint& point : Points(Trials("one").front().name())) {
    if (point.key() != "flood/value") continue;
    EXPECT_EQ(point.value(), static_cast<double>(++flood));
  }
  EXPECT_EQ(flood, 5000);
}

TEST_F(WorkerProgramTest, ACancelStopsATrainer) {
  gate_closed_ = true;
  Create(OneTrial());
  StartWorker("");
  AwaitFirstEpoch();
  ADARES_ASSERT_OK(Cancel("sweeps/one"));
  EXPECT_EQ(AwaitEnd("one"), v1::Sweep::STATE_CANCELLED);
  const v1::Trial trial = Trial(Trials("one").front().name());
  EXPECT_EQ(trial.state(), v1::Trial::STATE_CANCELLED);
  EXPECT_EQ(trial.attempts(0).end_reason(), v1::Attempt::END_REASON_CANCELLED);
  OpenGate();
  Create({.name = "next", .granularities = {"none"}});
  EXPECT_EQ(AwaitEnd("next"), v1::Sweep::STATE_SUCCEEDED) << "the slot is free again";
}

TEST_F(WorkerProgramTest, ACancelKillsATrainerThatDoesNotHeed) {
  gate_closed_ = true;
  Create(OneTrial());
  StartWorker("end=hang");
  AwaitFirstEpoch();
  ADARES_ASSERT_OK(Cancel("sweeps/one"));
  EXPECT_EQ(AwaitEnd("one"), v1::Sweep::STATE_CANCELLED);
  const v1::Attempt attempt = Trial(Trials("one").front().name()).attempts(0);
  EXPECT_EQ(attempt.end_reason(), v1::Attempt::END_REASON_CANCELLED);
  EXPECT_TRUE(absl::StrContains(attempt.message(), "killed")) << attempt.message();
  EXPECT_TRUE(Await([] { return fixtures::Descendants(kTrainerName).empty(); }));
}

TEST_F(WorkerProgramTest, ARestartOfTheServerLosesNeitherTrialNorPoints) {
  gate_closed_ = true;
  Create(OneTrial());
  // The trainer's end is the sign that its trial is over.
  StartWorker("epochs=3,points_per_epoch=10", /*slots=*/1, {"--trainer-trials", "1"});
  AwaitFirstEpoch();
  Stop();
  ASSERT_FALSE(fixtures::Descendants(kTrainerName).empty());
  OpenGate();  // the trainer goes on, to its end, while nobody listens
  ASSERT_TRUE(Await([] { return fixtures::Descendants(kTrainerName).empty(); }));
  Start();
  ASSERT_EQ(AwaitEnd("one"), v1::Sweep::STATE_SUCCEEDED);
  const v1::Trial trial = Trials("one").front();
  EXPECT_EQ(trial.attempt_count(), 1);
  EXPECT_EQ(Points(trial.name()).size(), 3U * (10 + 6) + 2);
}

TEST_F(WorkerProgramTest, ADrainingWorkerGivesItsTrialBackAndLeaves) {
  gate_closed_ = true;
  Create(OneTrial());
  StartWorker("");
  AwaitFirstEpoch();
  worker_->Signal(SIGTERM);
  EXPECT_EQ(worker_->AwaitEnd(), (fixtures::ProgramEnd{0, 0}));
  const v1::Trial trial = Trial(Trials("one").front().name());
  EXPECT_EQ(trial.state(), v1::Trial::STATE_QUEUED);
  EXPECT_EQ(trial.attempts(0).end_reason(), v1::Attempt::END_REASON_PREEMPTED);
  EXPECT_TRUE(fixtures::Descendants().empty());
}

// The server notices that a file is gone when somebody asks for it.
TEST_F(WorkerProgramTest, ALostCheckpointCostsAnAttemptAndNotTheOneBeforeIt) {
  gate_closed_ = true;
  Create(OneTrial());
  StartWorker("epochs=3,checkpoint_every=1,gate_after=2");
  const auto recorded = [&](int count) {
    return Await([&] { return Metric("adares_checkpoints_total", "recorded") >= count; });
  };
  ASSERT_TRUE(recorded(2));
  worker_->Signal(SIGKILL);
  worker_->AwaitEnd();
  const std::string lost = Sha256Hex("model of seed 0, 2");
  ASSERT_TRUE(
      std::filesystem::remove(folder_ / ("state/artifacts/" + lost.substr(0, 2) + "/" + lost)));
  OpenGate();
  StartWorker("epochs=3");
  ASSERT_EQ(AwaitEnd("one"), v1::Sweep::STATE_SUCCEEDED);
  const v1::Trial trial = Trial(Trials("one").front().name());
  ASSERT_EQ(trial.attempts_size(), 3);
  EXPECT_EQ(trial.attempts(1).end_reason(), v1::Attempt::END_REASON_PREEMPTED);
  EXPECT_TRUE(absl::StrContains(trial.attempts(1).message(), "step 4 is gone"))
      << trial.attempts(1).message();
  EXPECT_EQ(trial.attempts(2).resumed_step(), 2) << "from the checkpoint before it";
}

TEST_F(WorkerProgramTest, ASecondWorkerOfItsNameWaitsAndTheFirstKeepsItsTrial) {
  gate_closed_ = true;
  Create(OneTrial());
  StartWorker("");
  AwaitFirstEpoch();
  const auto second = NewWorker("another", "");
  ASSERT_TRUE(second->Says("event=name_taken"));
  OpenGate();
  ASSERT_EQ(AwaitEnd("one"), v1::Sweep::STATE_SUCCEEDED);
  EXPECT_EQ(Trials("one").front().attempt_count(), 1);
}

TEST_F(WorkerProgramTest, AWorkerThatIsStartedAnewTakesItsNameBackAtOnce) {
  gate_closed_ = true;
  Create(OneTrial());
  StartWorker("");
  AwaitFirstEpoch();
  worker_->Signal(SIGKILL);
  worker_->AwaitEnd();
  StartWorker("");
  const std::string trial = Trials("one").front().name();
  ASSERT_TRUE(Await([&] { return Trial(trial).attempts(0).has_end_time(); }));
  EXPECT_EQ(worker_->Errors().find("event=name_taken"), std::string::npos);
  EXPECT_EQ(Trial(trial).attempts(0).message(), "worker w was lost: the worker was started anew")
      << "it did not wait for its lease to end";
}

TEST_F(WorkerProgramTest, ADrainThatIsOrderedIsOneToo) {
  gate_closed_ = true;
  Create(OneTrial());
  StartWorker("");
  AwaitFirstEpoch();
  v1::DrainWorkerRequest request;
  request.set_name("workers/w");
  ADARES_ASSERT_OK(
      Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::DrainWorker, request));
  EXPECT_EQ(worker_->AwaitEnd(), (fixtures::ProgramEnd{0, 0}));
  const v1::Trial trial = Trial(Trials("one").front().name());
  EXPECT_EQ(trial.state(), v1::Trial::STATE_QUEUED);
  EXPECT_EQ(trial.attempts(0).end_reason(), v1::Attempt::END_REASON_PREEMPTED);
  EXPECT_EQ(
      Reason(Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::DrainWorker, request)),
      "WORKER_NOT_FOUND")
      << "it has left";
}

}  // namespace
}  // namespace adares
