// The program adares-trainer as a worker and as a person use it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "tests/fixtures/program.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/recording_sink.h"
#include "tests/trainer/tiny_trial.h"
#include "tests/trainer/trainer_process.h"
#include "worker/trainer/torch_runtime.h"
#include "worker/trainer/trial_runner.h"

namespace adares {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using trainer_protocol::CheckpointCommand;
using trainer_protocol::CheckpointEvent;
using trainer_protocol::EndEvent;
using trainer_protocol::Event;
using trainer_protocol::ReadyEvent;
using trainer_protocol::StartEvent;
using trainer_protocol::StopCommand;

TrialSpec EndlessSpec() {
  TrialSpec spec = TinySpec();
  spec.train.epochs = 10000;
  return spec;
}

EndReason Reason(const std::vector<Event>& events) {
  return std::get<EndEvent>(events.back()).reason;
}

TEST(TrainerProcessTest, SaysReadyFirst) {
  TrainerProcess trainer;
  const auto first = trainer.Next();
  ASSERT_TRUE(first && std::holds_alternative<ReadyEvent>(*first));
  EXPECT_EQ(std::get<ReadyEvent>(*first).device, "cpu");
  EXPECT_EQ(std::get<ReadyEvent>(*first).libtorch, LibTorchVersion());
}

TEST(TrainerProcessTest, ProvenanceNamesTheCommitOfTheProgram) {
  TrainerProcess trainer;
  trainer.UpTo<ReadyEvent>();
  trainer.Send(Command(TinySpec()));
  const auto start = std::get<StartEvent>(trainer.UpTo<StartEvent>().back());
  EXPECT_THAT(start.provenance.at("trainer_commit"), MatchesRegex("[0-9a-f]{7,}(-dirty)?|unknown"));
}

class TrainerThreadsTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, TrainerThreadsTest, testing::Values(1, 2));

TEST_P(TrainerThreadsTest, FreshProcessGivesTheSameBitsAsAWarmOne) {
  TrainerProcess trainer(GetParam());
  trainer.UpTo<ReadyEvent>();
  trainer.Send(Command(TinySpec()));
  const std::vector<std::string> first = Repeatable(trainer.UpTo<EndEvent>());
  trainer.Send(Command(TinySpec()));
  EXPECT_EQ(Repeatable(trainer.UpTo<EndEvent>()), first);
  TrainerProcess fresh(GetParam());
  fresh.UpTo<ReadyEvent>();
  fresh.Send(Command(TinySpec()));
  EXPECT_EQ(Repeatable(fresh.UpTo<EndEvent>()), first);
  EXPECT_GT(first.size(), 8u);
}

// Whatever the trials before were like, and however they ended.
TEST(TrainerProcessTest, TrialsBeforeChangeNothing) {
  TrainerProcess fresh;
  fresh.UpTo<ReadyEvent>();
  fresh.Send(Command(TinySpec()));
  const std::vector<std::string> alone = Repeatable(fresh.UpTo<EndEvent>());

  TrainerProcess used;
  used.UpTo<ReadyEvent>();
  used.Send(Command(EndlessSpec()));
  used.UpTo<StartEvent>();
  used.Send(StopCommand{});
  EXPECT_EQ(Reason(used.UpTo<EndEvent>()), EndReason::kCancelled);
  TrialSpec other = TinySpec();
  other.train.lr = 1e30;
  used.Send(Command(other));
  EXPECT_EQ(Reason(used.UpTo<EndEvent>()), EndReason::kDiverged);
  other = TinySpec();
  other.train.precision = Precision::kBf16;
  other.train.batch_size = 7;
  other.data.dataset = Dataset::kFolder;
  other.data.folder = "of-no-files";
  used.Send(Command(other));
  EXPECT_EQ(Reason(used.UpTo<EndEvent>()), EndReason::kError);
  other.data.dataset = TinySpec().data.dataset;
  other.data.folder.clear();
  used.Send(Command(other));
  EXPECT_EQ(Reason(used.UpTo<EndEvent>()), EndReason::kFinished);
  used.Send(Command(TinySpec()));
  EXPECT_EQ(Repeatable(used.UpTo<EndEvent>()), alone);
}

TEST(TrainerProcessTest, CommandsBetweenTrialsAreNotForTheNext) {
  const fixtures::TempFolder folder;
  TrainerProcess trainer;
  trainer.UpTo<ReadyEvent>();
  trainer.Send(Command(TinySpec()));
  trainer.UpTo<EndEvent>();
  trainer.Send(StopCommand{});
  trainer.Send(CheckpointCommand{});
  trainer.Signal(SIGUSR1);
  trainer_protocol::TrainCommand next = Command(TinySpec());
  next.checkpoints = {.folder = folder / "checkpoints", .every_steps = 1'000'000};
  trainer.Send(next);
  const std::vector<Event> events = trainer.UpTo<EndEvent>();
  EXPECT_EQ(Reason(events), EndReason::kFinished);
  const auto is_checkpoint = [](const Event& event) {
    return std::holds_alternative<CheckpointEvent>(event);
  };
  EXPECT_EQ(std::ranges::count_if(events, is_checkpoint), 1) << "that of the end of the training";
}

TEST(TrainerProcessTest, StopEndsTheTrialAndTheNextOneRuns) {
  TrainerProcess trainer;
  trainer.UpTo<ReadyEvent>();
  trainer.Send(Command(EndlessSpec()));
  trainer.UpTo<StartEvent>();
  trainer.Send(StopCommand{});
  EXPECT_EQ(Reason(trainer.UpTo<EndEvent>()), EndReason::kCancelled);
  trainer.Send(Command(TinySpec()));
  EXPECT_EQ(Reason(trainer.UpTo<EndEvent>()), EndReason::kFinished);
}

TEST(TrainerProcessTest, StopWithoutATrialDoesNothing) {
  TrainerProcess trainer;
  trainer.UpTo<ReadyEvent>();
  trainer.Send(StopCommand{});
  trainer.Send(Command(TinySpec()));
  EXPECT_EQ(Reason(trainer.UpTo<EndEvent>()), EndReason::kFinished);
}

TEST(TrainerProcessTest, EndOfCommandsWhileIdleIsTheRegularEnd) {
  TrainerProcess trainer;
  trainer.UpTo<ReadyEvent>();
  trainer.CloseCommands();
  EXPECT_EQ(trainer.ExitStatus(), 0);
}

TEST(TrainerProcessTest, EndOfCommandsInTheMiddleOfATrialEndsTheProcess) {
  TrainerProcess trainer;
  trainer.UpTo<ReadyEvent>();
  trainer.Send(Command(EndlessSpec()));
  trainer.UpTo<StartEvent>();
  trainer.CloseCommands();
  EXPECT_EQ(trainer.ExitStatus(), 3);
}

TEST(TrainerProcessTest, NobodyReadingEventsEndsTheProcess) {
  TrainerProcess trainer;
  trainer.UpTo<ReadyEvent>();
  trainer.CloseEvents();
  trainer.Send(Command(EndlessSpec()));
  EXPECT_EQ(trainer.ExitStatus(), 3);
}

// Which hears of them too, and then stops it.
TEST(TrainerProcessTest, SignalsAreLeftToTheWorker) {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    TrainerProcess trainer;
    trainer.UpTo<ReadyEvent>();
    trainer.Signal(signal);
    trainer.Send(Command(EndlessSpec()));
    trainer.UpTo<StartEvent>();
    trainer.Signal(signal);
    trainer.Send(StopCommand{});
    EXPECT_EQ(Reason(trainer.UpTo<EndEvent>()), EndReason::kCancelled);
    trainer.Send(Command(TinySpec()));
    EXPECT_EQ(Reason(trainer.UpTo<EndEvent>()), EndReason::kFinished);
  }
}

TEST(TrainerProcessTest, CommandNotUnderstoodEndsTheProcess) {
  TrainerProcess trainer;
  trainer.UpTo<ReadyEvent>();
  trainer.SendLine("{\"type\":\"dance\"}");
  EXPECT_EQ(trainer.ExitStatus(), 2);
}

TEST(TrainerByHandTest, SignalsStopTheTrial) {
  const fixtures::TempFolder folder;
  const std::string spec = folder / "trial.json";
  fixtures::WriteTextFile(spec, CanonicalJson(EndlessSpec()));
  for (const int signal : {SIGTERM, SIGINT}) {
    fixtures::Program trainer({.path = ADARES_TRAINER_BINARY,
                               .arguments = {"--spec", spec, "--threads", "1", "--device", "cpu"},
                               .log = folder / ("by-hand-" + std::to_string(signal))});
    ASSERT_TRUE(trainer.Says("\"type\":\"start\""));
    trainer.Signal(signal);
    EXPECT_EQ(trainer.Finish().exit_code, 1);
    EXPECT_THAT(trainer.Output(), HasSubstr("\"reason\":\"cancelled\""));
  }
}

struct RunResult {
  int status = -1;
  std::string output;
};

// Runs the trainer through the shell, standard error into the output where `arguments` says so.
RunResult RunByHand(const std::string& arguments) {
  FILE* pipe = popen((std::string(ADARES_TRAINER_BINARY) + " " + arguments).c_str(), "r");
  RunResult result;
  std::array<char, 4096> buffer;
  while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.output.append(buffer.data(), size);
  }
  result.status = WEXITSTATUS(pclose(pipe));
  return result;
}

TEST(TrainerByHandTest, TrainsOneTrialWithEventsOnStandardOutput) {
  const fixtures::TempFolder folder;
  const std::string path = folder / "trial.json";
  fixtures::WriteTextFile(path, CanonicalJson(TinySpec()));
  const RunResult result =
      RunByHand("--spec " + path + " --threads 1 --device cpu 2>/dev/null </dev/null");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.output, HasSubstr("\"test/accuracy\""));
  EXPECT_THAT(result.output, HasSubstr("\"reason\":\"finished\""));
}

TEST(TrainerByHandTest, TrialThatDoesNotFinishIsStatusOne) {
  TrialSpec spec = TinySpec();
  spec.train.lr = 1e30;
  const fixtures::TempFolder folder;
  const std::string path = folder / "trial.json";
  fixtures::WriteTextFile(path, CanonicalJson(spec));
  const RunResult result = RunByHand("--spec " + path + " --threads 1 --device cpu 2>/dev/null");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.output, HasSubstr("\"reason\":\"diverged\""));
}

TEST(TrainerByHandTest, WrongSpecificationIsNamed) {
  const fixtures::TempFolder folder;
  const std::string path = folder / "trial.json";
  fixtures::WriteTextFile(path, R"({"train":{"epoch":3}})");
  const RunResult result = RunByHand("--spec " + path + " 2>&1");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr(path));
  EXPECT_THAT(result.output, HasSubstr("epoch"));
}

TEST(TrainerByHandTest, MissingDeviceIsNamedWithTheWayOut) {
  if (ResolveDevice("cuda").ok()) GTEST_SKIP() << "this machine has a CUDA device";
  const fixtures::TempFolder folder;
  const std::string path = folder / "trial.json";
  fixtures::WriteTextFile(path, CanonicalJson(TinySpec()));
  const RunResult result = RunByHand("--spec " + path + " --device cuda 2>&1");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("--device cuda"));
  EXPECT_THAT(result.output, HasSubstr("no CUDA device"));
  EXPECT_THAT(result.output, HasSubstr("use --device cpu"));
}

TEST(TrainerByHandTest, ShowsItsVersion) {
  const RunResult result = RunByHand("--version");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.output, MatchesRegex("adares-trainer [0-9.]+ \\(commit ([0-9a-f]{7,}(-dirty)?|"
                                          "unknown), LibTorch [0-9.]+\\)\n"));
}

}  // namespace
}  // namespace adares
