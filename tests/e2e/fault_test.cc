// Faults in the middle of a sweep: a program is killed, and the sweep still ends with every result
// there, each once.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/e2e/programs_fixture.h"

namespace adares {
namespace {

using fixtures::Await;
using fixtures::SmallSweep;

constexpr char kTrainer[] = "adares-trainer";

class FaultTest : public ProgramsTest {
 protected:
  int64_t Attempts(const std::string& end_reason) const {
    return database_.Number("SELECT count(*) FROM v1_attempts WHERE end_reason = '" + end_reason +
                            "'");
  }

  // The points that a reader can see now.
  std::multiset<std::string> VisiblePoints() const {
    return database_.Rows("SELECT trial, key, step, epoch, value FROM v1_metrics");
  }

  // One trial more than the worker has slots.
  const SmallSweep sweep_{.name = "study",
                          .granularities = {"none", "stage", "block"},
                          .epochs = 8,
                          .dataset = dataset_};
};

TEST_F(FaultTest, AKilledWorkerThatComesBackTrainsItsTrialsAgain) {
  StartServer();
  Submit(sweep_);
  StartWorker("w");
  AwaitTraining();
  worker_->Kill();
  EXPECT_TRUE(Await([] { return fixtures::Descendants(kTrainer).empty(); }));
  StartWorker("w");
  AwaitSuccess();
  ExpectWholeResults(sweep_);
  EXPECT_GE(Attempts("worker-lost"), 1);
  EXPECT_EQ(Attempts("finished"), 3);
  EXPECT_EQ(Attempts("error"), 0);
}

TEST_F(FaultTest, TheTrialsOfAKilledWorkerGoToAnotherWhenTheirLeasesEnd) {
  StartServer({"--lease", "5", "--sync-interval", "0.5"});
  Submit(sweep_);
  StartWorker("first");
  AwaitTraining();
  worker_->Kill();
  EXPECT_TRUE(Await([] { return fixtures::Descendants(kTrainer).empty(); }));
  StartWorker("second");
  AwaitSuccess();
  ExpectWholeResults(sweep_);
  EXPECT_GE(Attempts("worker-lost"), 1);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM v1_attempts"
                             " WHERE end_reason = 'worker-lost' AND worker <> 'first'"),
            0);
  EXPECT_GE(database_.Number("SELECT count(*) FROM v1_attempts"
                             " WHERE end_reason = 'finished' AND worker = 'second'"),
            1);
}

TEST_F(FaultTest, AKilledServerGoesOnWhereItWas) {
  StartServer();
  Submit(sweep_);
  StartWorker("w");
  AwaitTraining();
  const auto before = VisiblePoints();
  server_->Kill();
  ASSERT_FALSE(fixtures::Descendants(kTrainer).empty()) << "trainers do not mind";
  StartServer();
  AwaitSuccess();
  ExpectWholeResults(sweep_);
  EXPECT_EQ(database_.Number("SELECT max(attempts) FROM v1_trials"), 1) << "none was begun again";
  const auto after = VisiblePoints();
  EXPECT_FALSE(before.empty());
  EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
}

TEST_F(FaultTest, AServerThatIsKilledAgainAndAgainLosesNothing) {
  StartServer();
  Submit(sweep_);
  StartWorker("w");
  AwaitTraining();
  std::multiset<std::string> before;
  for (int i = 0; i < 3; ++i) {
    const auto seen = VisiblePoints();
    EXPECT_TRUE(std::includes(seen.begin(), seen.end(), before.begin(), before.end()));
    before = seen;
    server_->Kill();
    StartServer();
    ASSERT_TRUE(Await([&] {
      return VisiblePoints().size() > before.size() || Trials("running") + Trials("queued") == 0;
    }));
  }
  AwaitSuccess();
  ExpectWholeResults(sweep_);
  EXPECT_EQ(database_.Number("SELECT max(attempts) FROM v1_trials"), 1);
  const auto after = VisiblePoints();
  EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
}

TEST_F(FaultTest, AKilledTrainersTrialIsTriedAgainAndNoOther) {
  StartServer();
  Submit(sweep_);
  StartWorker("w");
  AwaitTraining();
  const std::vector<pid_t> trainers = fixtures::Descendants(kTrainer);
  ASSERT_FALSE(trainers.empty());
  ASSERT_EQ(kill(trainers.front(), SIGKILL), 0);
  ASSERT_TRUE(Await([this] { return OpenTrials() == 0; }));
  EXPECT_EQ(Trials("succeeded"), 3);
  ExpectWholeResults(sweep_);

  const auto retried = database_.Rows("SELECT trial FROM v1_trials WHERE attempts > 1");
  ASSERT_EQ(retried.size(), 1U);
  const CommandResult shown = Adares({"trial", "show", *retried.begin(), "--output", "json"});
  ASSERT_EQ(shown.code, 0) << shown.errors;
  const auto trial = nlohmann::json::parse(shown.output);
  ASSERT_EQ(trial["attempts"].size(), 2U) << trial;
  const auto& attempt = trial["attempts"][0];
  EXPECT_EQ(attempt["exitCode"], 128 + SIGKILL);
  EXPECT_NE(attempt["message"].get<std::string>().find("signal 9"), std::string::npos) << attempt;
  EXPECT_FALSE(attempt["logTail"].empty()) << attempt;
}

TEST_F(FaultTest, ADrainedWorkerGivesItsTrialsBack) {
  StartServer();
  Submit(sweep_);
  StartWorker("w");
  AwaitTraining();
  worker_->Signal(SIGTERM);
  EXPECT_EQ(worker_->AwaitEnd(), (fixtures::ProgramEnd{0, 0})) << worker_->Errors();
  EXPECT_GE(Attempts("preempted"), 1);
  EXPECT_EQ(Trials("running"), 0);
  EXPECT_EQ(Trials("failed"), 0);
  EXPECT_GE(Trials("queued"), 1);
  EXPECT_TRUE(fixtures::Descendants(kTrainer).empty());
  StartWorker("w");
  AwaitSuccess();
  ExpectWholeResults(sweep_);
}

}  // namespace
}  // namespace adares
