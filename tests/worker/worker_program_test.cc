// adares-worker itself, with scripted trainers and a real connection.
#include <gmock/gmock.h>
#include <signal.h>

#include <memory>

#include "core/trial_spec.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/program.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/worker/process_state.h"
#include "tests/worker/small_coordinator.h"

namespace adares::worker {
namespace {

using fixtures::Program;
using ::testing::HasSubstr;

class AgentProgramTest : public ::testing::Test {
 protected:
  std::unique_ptr<Program> Start(std::vector<std::string> more = {}, const char* state = "state") {
    Program::Options options = {.path = ADARES_WORKER,
                                .log = folder_ / ("worker-" + std::to_string(++workers_))};
    options.arguments = {"--server", address_, "--state",  folder_ / state, "--trainer", trainer_,
                         "--name",   "box",    "--device", "cpu",           "--slots",   "2"};
    options.arguments.insert(options.arguments.end(), more.begin(), more.end());
    return std::make_unique<Program>(std::move(options));
  }

  std::unique_ptr<SmallCoordinator> Coordinator() {
    return std::make_unique<SmallCoordinator>(address_);
  }

  void Script(const char* script) { setenv("ADARES_SCRIPT", script, 1); }

  static v1::Assignment Work(int32_t attempt) {
    v1::Assignment assignment;
    assignment.set_trial("sweeps/grid/trials/0123456789ab");
    assignment.set_attempt(attempt);
    assignment.set_spec_json(CanonicalJson(TrialSpec{}));
    return assignment;
  }

  // The end of the attempt once it is there.
  static v1::AttemptEnd WaitForEnd(SmallCoordinator& coordinator, int32_t attempt) {
    v1::AttemptEnd end;
    EXPECT_TRUE(coordinator.WaitUntil([&] {
      const auto& records = coordinator.records[attempt];
      if (records.empty() || !records.back().has_end()) return false;
      end = records.back().end();
      return true;
    }));
    return end;
  }

  // Waits until the trainer trains; its process id, from the line that the worker logs.
  static pid_t WaitForTraining(SmallCoordinator& coordinator, const Program& worker) {
    EXPECT_TRUE(coordinator.WaitUntil([&] { return coordinator.records[1].size() > 2; }));
    const std::string log = worker.Errors();
    const size_t at = log.find(" pid=");
    EXPECT_NE(at, std::string::npos);
    return std::stoi(log.substr(at + 5));
  }

  static bool IsGone(pid_t pid) {
    return fixtures::Await([pid] { return IsDead(pid); });
  }

  void TearDown() override { unsetenv("ADARES_SCRIPT"); }

  fixtures::TempFolder folder_;
  const std::string address_ = "unix:" + (folder_ / "socket");
  std::string trainer_ = ADARES_SCRIPTED_TRAINER;
  int workers_ = 0;
};

constexpr char kEndless[] = "epochs=1000000,delay_ms=5";

TEST_F(AgentProgramTest, TrainsWhatItIsGiven) {
  const auto coordinator = Coordinator();
  Script("epochs=2");
  const auto worker = Start();
  coordinator->Offer(Work(1));
  EXPECT_EQ(WaitForEnd(*coordinator, 1).reason(), v1::Attempt::END_REASON_FINISHED);
  EXPECT_EQ(coordinator->registrations.at(0).worker(), "box");
  worker->Signal(SIGTERM);
  EXPECT_EQ(worker->Finish().exit_code, 0);
  EXPECT_TRUE(coordinator->syncs.back().draining());
}

TEST_F(AgentProgramTest, TermGivesItsTrialsBack) {
  const auto coordinator = Coordinator();
  Script(kEndless);
  const auto worker = Start();
  coordinator->Offer(Work(1));
  const pid_t trainer = WaitForTraining(*coordinator, *worker);
  worker->Signal(SIGTERM);
  EXPECT_EQ(worker->Finish().exit_code, 0);
  EXPECT_EQ(WaitForEnd(*coordinator, 1).reason(), v1::Attempt::END_REASON_PREEMPTED);
  EXPECT_TRUE(IsGone(trainer));
}

TEST_F(AgentProgramTest, SecondSignalEndsAtOnce) {
  const auto coordinator = Coordinator();
  Script("epochs=1,end=hang");
  const auto worker = Start();
  coordinator->Offer(Work(1));
  const pid_t trainer = WaitForTraining(*coordinator, *worker);
  worker->Signal(SIGTERM);
  ASSERT_TRUE(worker->Says("event=draining"));
  worker->Signal(SIGINT);
  EXPECT_EQ(worker->Finish().exit_code, 130);
  EXPECT_TRUE(IsGone(trainer));
}

TEST_F(AgentProgramTest, KilledWorkerTakesItsTrainersAlong) {
  const auto coordinator = Coordinator();
  Script(kEndless);
  const auto worker = Start();
  coordinator->Offer(Work(1));
  const pid_t trainer = WaitForTraining(*coordinator, *worker);
  worker->Signal(SIGKILL);
  EXPECT_EQ(worker->Finish().exit_code, 137);
  EXPECT_TRUE(IsGone(trainer));
}

// One that does not notice the end of its commands.
TEST_F(AgentProgramTest, KilledWorkerTakesDeafTrainersAlong) {
  const auto coordinator = Coordinator();
  Script("epochs=1,end=linger");
  const auto worker = Start();
  coordinator->Offer(Work(1));
  const pid_t trainer = WaitForTraining(*coordinator, *worker);
  WaitForEnd(*coordinator, 1);
  worker->Signal(SIGKILL);
  EXPECT_EQ(worker->Finish().exit_code, 137);
  EXPECT_TRUE(IsGone(trainer));
}

TEST_F(AgentProgramTest, KilledWorkerTakesTrainersThatWaitAlong) {
  const auto coordinator = Coordinator();
  Script("epochs=1");
  const auto worker = Start();
  coordinator->Offer(Work(1));
  const pid_t trainer = WaitForTraining(*coordinator, *worker);
  WaitForEnd(*coordinator, 1);
  EXPECT_FALSE(IsDead(trainer));
  worker->Signal(SIGKILL);
  EXPECT_EQ(worker->Finish().exit_code, 137);
  EXPECT_TRUE(IsGone(trainer));
}

TEST_F(AgentProgramTest, TrainersTrainAsManyTrialsAsTheOptionSays) {
  const auto coordinator = Coordinator();
  Script("epochs=1");
  const auto worker = Start({"--trainer-trials", "2"});
  std::vector<std::string> trials_of_trainer;
  for (const int32_t attempt : {1, 2, 3}) {
    coordinator->Offer(Work(attempt));
    WaitForEnd(*coordinator, attempt);
    for (const v1::Record& record : coordinator->records[attempt]) {
      if (!record.has_start()) continue;
      trials_of_trainer.push_back(record.start().provenance().at("trainer_trials"));
    }
  }
  EXPECT_THAT(trials_of_trainer, testing::ElementsAre("1", "2", "1"));
}

TEST_F(AgentProgramTest, TrainersWaitAsLongAsTheOptionSays) {
  const auto coordinator = Coordinator();
  Script("epochs=1");
  const auto worker = Start({"--trainer-idle", "1"});
  coordinator->Offer(Work(1));
  const pid_t trainer = WaitForTraining(*coordinator, *worker);
  EXPECT_TRUE(worker->Says("no trial for 1 s"));
  EXPECT_TRUE(IsGone(trainer));
}

// Whoever asks all processes of a worker for checkpoints means trainers.
TEST_F(AgentProgramTest, Usr1ChangesNothing) {
  const auto coordinator = Coordinator();
  Script(kEndless);
  const auto worker = Start();
  coordinator->Offer(Work(1));
  const pid_t trainer = WaitForTraining(*coordinator, *worker);
  worker->Signal(SIGUSR1);
  ASSERT_EQ(kill(trainer, SIGUSR1), 0);
  worker->Signal(SIGTERM);
  EXPECT_EQ(worker->Finish().exit_code, 0);
  EXPECT_EQ(WaitForEnd(*coordinator, 1).reason(), v1::Attempt::END_REASON_PREEMPTED);
}

TEST_F(AgentProgramTest, CoordinatorThatRestartsGetsTheRest) {
  auto coordinator = Coordinator();
  Script("epochs=1,end=flood:5000");
  const auto worker = Start();
  ASSERT_TRUE(coordinator->WaitUntil([&] { return !coordinator->syncs.empty(); }));
  coordinator->Offer(Work(1));
  ASSERT_TRUE(coordinator->WaitUntil([&] { return coordinator->records[1].size() > 5; }));
  const auto records = [&] {
    coordinator->WaitUntil([] { return true; });
    return coordinator->records;
  };
  auto stored = records();
  coordinator.reset();
  coordinator = Coordinator();
  coordinator->WaitUntil([&] {
    coordinator->records = stored;
    return true;
  });
  EXPECT_EQ(WaitForEnd(*coordinator, 1).reason(), v1::Attempt::END_REASON_FINISHED);
  int next = 1;
  for (const v1::Record& record : coordinator->records[1]) {
    for (const v1::MetricPoint& point : record.metrics().points()) {
      if (point.key() == "flood/value") {
        ASSERT_EQ(point.value(), next++);
      }
    }
  }
  EXPECT_EQ(next, 5001);
}

TEST_F(AgentProgramTest, WaitsForItsCoordinatorAndLeavesWithoutIt) {
  const auto worker = Start();
  EXPECT_TRUE(worker->Says("event=coordinator_unreachable"));
  worker->Signal(SIGINT);
  EXPECT_EQ(worker->Finish().exit_code, 0);
}

TEST_F(AgentProgramTest, StateFolderIsForOneOnly) {
  const auto first = Start();
  ASSERT_TRUE(first->Says("event=started"));
  const auto second = Start();
  EXPECT_EQ(second->Finish().exit_code, 1);
  EXPECT_THAT(second->Errors(), HasSubstr("--state"));
  const auto third = Start({}, "another");
  EXPECT_TRUE(third->Says("event=started"));
}

// A wrong path must not cost all trials of the queue.
TEST_F(AgentProgramTest, DoesNotStartWithoutATrainerOrItsData) {
  const auto coordinator = Coordinator();
  const auto no_data = Start({"--data", folder_ / "missing"});
  EXPECT_EQ(no_data->Finish().exit_code, 1);
  EXPECT_THAT(no_data->Errors(), HasSubstr("there is no folder"));
  trainer_ = "/nowhere/adares-trainer";
  const auto no_trainer = Start();
  EXPECT_EQ(no_trainer->Finish().exit_code, 1);
  EXPECT_THAT(no_trainer->Errors(), HasSubstr("cannot start the trainer /nowhere/adares-trainer"));
  EXPECT_TRUE(coordinator->registrations.empty());
}

// Two workers of one name would replace each other for ever if their services restarted them.
TEST_F(AgentProgramTest, RejectedWorkerLeavesWithAStatusThatItsServiceKnows) {
  const auto coordinator = Coordinator();
  coordinator->RejectRegistrations();
  const auto worker = Start();
  EXPECT_EQ(worker->Finish().exit_code, 3);
  EXPECT_THAT(worker->Errors(), HasSubstr("event=rejected"));
  EXPECT_THAT(fixtures::ReadTextFile(ADARES_WORKER_UNIT),
              HasSubstr("\nRestartPreventExitStatus=2 3\n"));
}

TEST_F(AgentProgramTest, HelpVersionAndBadOptions) {
  const auto help = Start({"--help"});
  EXPECT_EQ(help->Finish().exit_code, 0);
  EXPECT_THAT(help->Output(), HasSubstr("--slots"));
  const auto version = Start({"--version"});
  EXPECT_EQ(version->Finish().exit_code, 0);
  EXPECT_EQ(version->Output(), "adares-worker " ADARES_VERSION "\n");
  const auto bad = Start({"--colour"});
  EXPECT_EQ(bad->Finish().exit_code, 2);
  EXPECT_THAT(bad->Errors(), HasSubstr("--colour"));
}

}  // namespace
}  // namespace adares::worker
