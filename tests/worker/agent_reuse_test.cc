// Trainers that train one trial after another.
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "tests/worker/agent_fixture.h"
#include "tests/worker/captured_log.h"

namespace adares::worker {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class AgentReuseTest : public AgentTest {
 protected:
  AgentReuseTest() { SetSlots(1); }

  void RunToEnd(const AttemptId& id) {
    coordinator_.Offer(Work(id));
    if (!agent_) StartAgent();
    RunUntilEnd(id);
  }

  // Which trial of its trainer this one was, as its provenance says.
  std::string TrialOfTrainer(const AttemptId& id) {
    for (const ReportRecord& record : coordinator_.records(id)) {
      const auto* start = std::get_if<AttemptStart>(&record);
      if (start != nullptr) return start->provenance.at("trainer_trials");
    }
    return "";
  }

  std::vector<std::string> LogTexts(const AttemptId& id) {
    std::vector<std::string> texts;
    for (const LogLine& line : coordinator_.Log(id)) texts.push_back(line.text);
    return texts;
  }
};

TEST_F(AgentReuseTest, TheNextTrialIsTrainedByTheSameProcess) {
  const CapturedLog log;
  RunToEnd(Id(1));
  const pid_t trainer = Trainer();
  RunToEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
  EXPECT_FALSE(coordinator_.End(Id(2))->exit_code);
  EXPECT_EQ(Trainer(), trainer);
  EXPECT_EQ(TrialOfTrainer(Id(1)), "1");
  EXPECT_EQ(TrialOfTrainer(Id(2)), "2");
  EXPECT_EQ(log.Count("trainer_started"), 1);
  EXPECT_EQ(log.Count("trainer_reused"), 1);
}

TEST_F(AgentReuseTest, EachTrialHasItsOwnLogAndAHalfLineAtItsEndIsALine) {
  Script("epochs=1,log_lines=0,half_line=1");
  RunToEnd(Id(1));
  RunToEnd(Id(2));
  for (const int attempt : {1, 2}) {
    EXPECT_THAT(LogTexts(Id(attempt)),
                ::testing::ElementsAre("trial begins, seed 1", "half a line"));
  }
}

struct ReuseCase {
  const char* script;
  EndReason reason;
  bool is_reused;
};

void PrintTo(const ReuseCase& reuse, std::ostream* out) { *out << reuse.script; }

class AgentReuseAfterTest : public AgentReuseTest,
                            public ::testing::WithParamInterface<ReuseCase> {};

// What failed may have left half of something behind.
TEST_P(AgentReuseAfterTest, DependsOnHowTheTrialEnded) {
  Script(GetParam().script);
  RunToEnd(Id(1));
  EXPECT_EQ(coordinator_.End(Id(1))->reason, GetParam().reason);
  Script("");  // for another process
  RunToEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason,
            GetParam().is_reused ? GetParam().reason : EndReason::kFinished);
  EXPECT_EQ(TrialOfTrainer(Id(2)), GetParam().is_reused ? "2" : "1");
}

INSTANTIATE_TEST_SUITE_P(
    Ends, AgentReuseAfterTest,
    ::testing::Values(ReuseCase{"epochs=1,end=finished", EndReason::kFinished, true},
                      ReuseCase{"epochs=1,end=diverged", EndReason::kDiverged, true},
                      ReuseCase{"epochs=1,end=error", EndReason::kError, false},
                      ReuseCase{"epochs=1,end=memory", EndReason::kOutOfMemory, false},
                      ReuseCase{"epochs=1,end=stopped", EndReason::kError, false},
                      ReuseCase{"epochs=1,then=leave", EndReason::kFinished, false}),
    [](const auto& reuse) { return std::to_string(reuse.index); });

TEST_F(AgentReuseTest, ACancelledTrialLeavesItsTrainerToTheNext) {
  Gate();
  coordinator_.Offer(Work(Id(1)));
  StartAgent();
  RunUntilTraining(Id(1));
  coordinator_.Order({Id(1), StopReason::kCancelled});
  RunUntilEnd(Id(1));
  EXPECT_EQ(coordinator_.End(Id(1))->reason, EndReason::kCancelled);
  OpenGate();
  RunToEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
  EXPECT_EQ(TrialOfTrainer(Id(2)), "2");
}

// The trainer reads the order when the trial has ended already.
TEST_F(AgentReuseTest, AStopThatCameTooLateIsNotForTheNextTrial) {
  Script("epochs=1,end=heedless");
  ScriptForLaterTrials("epochs=5");
  Gate();
  coordinator_.Offer(Work(Id(1)));
  StartAgent();
  RunUntilTraining(Id(1));
  coordinator_.Order({Id(1), StopReason::kCancelled});
  RunUntil([&] {
    return coordinator_.Held(Id(1)) != nullptr &&
           coordinator_.Held(Id(1))->phase == AttemptPhase::kStopping;
  });
  OpenGate();
  RunUntilEnd(Id(1));
  EXPECT_EQ(coordinator_.End(Id(1))->reason, EndReason::kFinished);
  RunToEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
  EXPECT_EQ(TrialOfTrainer(Id(2)), "2");
}

TEST_F(AgentReuseTest, ATrainerThatWaitsTooLongLeaves) {
  RunToEnd(Id(1));
  RunFor(options_.limits.idle - seconds(10));
  EXPECT_EQ(TrainerProcesses(), 1);
  RunFor(seconds(10));
  RunUntil([] { return TrainerProcesses() == 0; });
  RunToEnd(Id(2));
  EXPECT_EQ(TrialOfTrainer(Id(2)), "1");
}

TEST_F(AgentReuseTest, ATrainerInUseIsNotOneThatWaits) {
  Script("epochs=0");
  ScriptForLaterTrials("epochs=2");
  Gate();
  RunToEnd(Id(1));
  coordinator_.Offer(Work(Id(2)));
  RunUntilTraining(Id(2));
  RunFor(options_.limits.idle + seconds(10));
  OpenGate();
  RunUntilEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
  EXPECT_EQ(TrialOfTrainer(Id(2)), "2");
}

TEST_F(AgentReuseTest, AProcessTrainsOnlySoManyTrials) {
  options_.limits.trials = 2;
  for (const int attempt : {1, 2, 3}) RunToEnd(Id(attempt));
  EXPECT_EQ(TrialOfTrainer(Id(2)), "2");
  EXPECT_EQ(TrialOfTrainer(Id(3)), "1");
}

TEST_F(AgentReuseTest, OneThatDiedAsItWaitedCostsNothing) {
  const CapturedLog log;
  RunToEnd(Id(1));
  ASSERT_EQ(kill(Trainer(), SIGKILL), 0);
  AwaitTrainersDeath();
  RunToEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
  EXPECT_EQ(TrialOfTrainer(Id(2)), "1");
  EXPECT_EQ(log.Count("trainer_exited"), 1);
}

TEST_F(AgentReuseTest, ATrialThatAUsedTrainerDidNotBeginIsBegunAgainByAFreshOne) {
  const CapturedLog log;
  ScriptForLaterTrials("end=mute:3");
  RunToEnd(Id(1));
  RunToEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kFinished);
  EXPECT_EQ(coordinator_.Count(Id(2), kStartRecord), 1);
  EXPECT_EQ(TrialOfTrainer(Id(2)), "1");
  const std::vector<std::string> texts = LogTexts(Id(2));
  EXPECT_EQ(texts.at(0), "half a line");
  EXPECT_THAT(texts.at(1), HasSubstr("exited with code 3 before it began this one"));
  EXPECT_EQ(texts.at(2), "trial begins, seed 1");
  EXPECT_EQ(log.Count("trial_begun_again"), 1);
}

TEST_F(AgentReuseTest, ATrialThatAFreshTrainerDidNotBeginFails) {
  const CapturedLog log;
  Script("end=mute:3");
  RunToEnd(Id(1));
  EXPECT_EQ(coordinator_.End(Id(1))->reason, EndReason::kError);
  EXPECT_EQ(coordinator_.End(Id(1))->exit_code, 3);
  EXPECT_EQ(log.Count("trainer_started"), 1);
}

TEST_F(AgentReuseTest, ATrialThatAUsedTrainerHadBegunFails) {
  const CapturedLog log;
  ScriptForLaterTrials("epochs=1,end=exit:3");
  RunToEnd(Id(1));
  RunToEnd(Id(2));
  EXPECT_EQ(coordinator_.End(Id(2))->reason, EndReason::kError);
  EXPECT_EQ(coordinator_.End(Id(2))->exit_code, 3);
  EXPECT_EQ(log.Count("trainer_started"), 1);
}

TEST_F(AgentReuseTest, ThereAreNeverMoreProcessesThanSlots) {
  SetSlots(2);
  ScriptForLaterTrials("end=mute:3");
  for (int attempt = 1; attempt <= 8; ++attempt) coordinator_.Offer(Work(Id(attempt)));
  StartAgent();
  int most = 0;
  RunUntil([&] {
    most = std::max(most, TrainerProcesses());
    return coordinator_.End(Id(8)) != nullptr;
  });
  EXPECT_EQ(most, 2);
}

TEST_F(AgentReuseTest, ATrainerOfAReplacedProgramIsGoneBeforeTheNextStarts) {
  const std::filesystem::path program = folder_ / "trainer";
  std::filesystem::copy(ADARES_SCRIPTED_TRAINER, program);
  SetTrainer(program);
  Script("epochs=1,end=linger");
  RunToEnd(Id(1));
  std::filesystem::copy(ADARES_SCRIPTED_TRAINER, folder_ / "new");
  std::filesystem::rename(folder_ / "new", program);
  Script("epochs=1");
  coordinator_.Offer(Work(Id(2)));
  RunFor(TrainerPool::kLeaveGrace - seconds(1));
  ASSERT_NE(coordinator_.Held(Id(2)), nullptr);
  EXPECT_EQ(TrainerProcesses(), 1);
  EXPECT_EQ(coordinator_.Count(Id(2), kStartRecord), 0);
  RunFor(seconds(1));
  RunUntilEnd(Id(2));
  EXPECT_EQ(TrialOfTrainer(Id(2)), "1");
}

TEST_F(AgentReuseTest, TrainersThatWaitLeaveAtOnceWhenTheWorkerGoes) {
  RunToEnd(Id(1));
  ASSERT_EQ(TrainerProcesses(), 1);
  const auto before = loop_.Now();
  agent_->Drain();
  RunUntil([&] { return finished_.has_value(); });
  EXPECT_EQ(TrainerProcesses(), 0);
  EXPECT_LT(loop_.Now() - before, TrainerPool::kLeaveGrace);
}

TEST_F(AgentReuseTest, AWorkerThatGoesWaitsForItsTrainersEnd) {
  Script("epochs=1,end=linger");
  RunToEnd(Id(1));
  agent_->Drain();
  RunFor(TrainerPool::kLeaveGrace - seconds(1));
  EXPECT_FALSE(finished_);
  RunFor(seconds(1));
  RunUntil([&] { return finished_.has_value(); });
  EXPECT_EQ(TrainerProcesses(), 0);
}

}  // namespace
}  // namespace adares::worker
