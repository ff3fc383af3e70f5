// How attempts end that do not finish.
#include <signal.h>

#include "tests/fixtures/full_disk.h"
#include "tests/worker/agent_fixture.h"
#include "tests/worker/captured_log.h"

namespace adares::worker {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Matcher;

struct EndingCase {
  const char* name;
  const char* script;
  EndReason reason;
  std::optional<int32_t> exit_code;
  Matcher<std::string> message;
};

void PrintTo(const EndingCase& ending, std::ostream* out) { *out << ending.name; }

class AgentEndingTest : public AgentTest, public ::testing::WithParamInterface<EndingCase> {};

TEST_P(AgentEndingTest, IsReportedWithItsReason) {
  UseEachTrainerOnce();
  Script(GetParam().script);
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  const AttemptEnd* end = coordinator_.End(Id());
  EXPECT_EQ(end->reason, GetParam().reason);
  EXPECT_EQ(end->exit_code, GetParam().exit_code);
  EXPECT_THAT(end->message, GetParam().message);
  EXPECT_THAT(end->log_tail, Contains("trial begins, seed 1"));
  RunUntil([&] { return coordinator_.Held(Id()) == nullptr && TrainerProcesses() == 0; });
}

INSTANTIATE_TEST_SUITE_P(
    Endings, AgentEndingTest,
    ::testing::Values(
        EndingCase{"Error", "end=error", EndReason::kError, std::nullopt,
                   HasSubstr("the script says so")},
        EndingCase{"Diverged", "end=diverged", EndReason::kDiverged, std::nullopt,
                   HasSubstr("not finite")},
        EndingCase{"StoppedUnasked", "end=stopped", EndReason::kError, std::nullopt,
                   HasSubstr("without being asked")},
        EndingCase{"Crash", "end=crash", EndReason::kError, 139,
                   HasSubstr("killed by signal 11 (Segmentation fault)")},
        EndingCase{"Killed", "end=killed", EndReason::kError, 137,
                   AllOf(HasSubstr("killed by signal 9 (Killed)"), HasSubstr("out-of-memory"))},
        EndingCase{"Exit", "end=exit:3", EndReason::kError, 3,
                   HasSubstr("exited with code 3 before the end of the trial")},
        EndingCase{"ExitWithZero", "end=exit:0", EndReason::kError, 0,
                   HasSubstr("exited with code 0 before the end of the trial")},
        EndingCase{"Garbage", "end=garbage", EndReason::kError, 137, HasSubstr("nonsense")},
        EndingCase{"EndlessLine", "end=endless", EndReason::kError, 137,
                   HasSubstr("endless line")}),
    [](const auto& ending) { return ending.param.name; });

using AgentFailureTest = AgentTest;

TEST_F(AgentFailureTest, LastLinesOfTheLogAreThere) {
  Script("epochs=3,log_lines=10,end=error");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  const std::vector<std::string>& tail = coordinator_.End(Id())->log_tail;
  ASSERT_EQ(tail.size(), LogCollector::kTailLines);
  EXPECT_EQ(tail.back(), "scripted: about to fail");
  EXPECT_EQ(coordinator_.Log(Id()).back().text, "scripted: about to fail");
}

TEST_F(AgentFailureTest, FinishedAttemptHasNoLogTail) {
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  EXPECT_THAT(coordinator_.End(Id())->log_tail, IsEmpty());
}

TEST_F(AgentFailureTest, MissingTrainerIsNamedWithTheWayOut) {
  SetTrainer("/nowhere/adares-trainer");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kError);
  EXPECT_THAT(coordinator_.End(Id())->message,
              AllOf(HasSubstr("/nowhere/adares-trainer"), HasSubstr("--trainer")));
}

TEST_F(AgentFailureTest, ConfigurationItCannotReadFailsTheAttempt) {
  coordinator_.Offer({Id(), R"({"model": {"depth": 9}})"});
  StartAgent();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kError);
  EXPECT_THAT(coordinator_.End(Id())->message, HasSubstr("depth"));
}

TEST_F(AgentFailureTest, TrainerThatNeverGetsReadyIsKilled) {
  Script("end=no-ready");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntil([] { return TrainerProcesses() == 1; });
  RunFor(std::chrono::seconds(119));
  EXPECT_EQ(coordinator_.End(Id()), nullptr);
  RunFor(std::chrono::seconds(2));
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kError);
  EXPECT_THAT(coordinator_.End(Id())->message, HasSubstr("not ready within 120 s"));
}

// Whoever signals all processes of a worker meets trainers that still load. This one never comes to
// ignore the signals by itself.
TEST_F(AgentFailureTest, SignalsForAllOfAWorkersProcessesDoNotEndATrainer) {
  Gate();
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntil([] { return TrainerProcesses() == 1; });
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) ASSERT_EQ(kill(Trainer(), signal), 0);
  OpenGate();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
}

TEST_F(AgentFailureTest, LossOfTheLastLinesIsLogged) {
  Gate();
  Script("epochs=1,end=exit:3");
  coordinator_.Offer(Work(Id()));
  StartAgent();
  RunUntilTraining(Id());
  RunFor(std::chrono::seconds(1));  // what it has said so far is written
  OpenGate();
  AwaitTrainersDeath();
  const CapturedLog log;
  {
    const fixtures::FullDisk full(1);
    RunUntil([&] { return log.Count("records_lost") > 0; });
    RunUntilEnd(Id());
  }
  EXPECT_EQ(coordinator_.End(Id())->exit_code, 3);
  EXPECT_EQ(log.Count("records_lost"), 1);
}

}  // namespace
}  // namespace adares::worker
