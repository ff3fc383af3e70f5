// The four programs over TCP, as on several machines, with the pages that operators look at.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/programs_fixture.h"
#include "tests/fixtures/http_get.h"

namespace adares {
namespace {

using fixtures::HttpGet;
using fixtures::MetricSum;
using fixtures::SmallSweep;

class LoopbackTest : public ProgramsTest {
 protected:
  void SetUp() override {
    ProgramsTest::SetUp();
    UseLoopback();
    StartServer();
  }

  std::string Metrics() const { return HttpGet(http_address_, "/metrics").body; }
};

TEST_F(LoopbackTest, ASweepIsTrainedAndItsMetricsCountIt) {
  const SmallSweep sweep{.name = "study", .seeds = {0, 1}, .dataset = dataset_};
  Submit(sweep);
  EXPECT_EQ(MetricSum(Metrics(), "adares_trials", "state=\"queued\""), 4);
  StartWorker("w");
  AwaitSuccess();
  ExpectWholeResults(sweep);
  const std::string metrics = Metrics();
  EXPECT_EQ(MetricSum(metrics, "adares_trials"), 0);
  EXPECT_EQ(MetricSum(metrics, "adares_trials_finished_total", "outcome=\"succeeded\""), 4);
  EXPECT_EQ(MetricSum(metrics, "adares_attempts_finished_total", "reason=\"finished\""), 4);
  EXPECT_EQ(MetricSum(metrics, "adares_worker_slots", "state=\"free\""), 2);
  EXPECT_EQ(MetricSum(metrics, "adares_metric_points_written_total"),
            4 * (fixtures::PointsOfTrial(sweep) + fixtures::SkipWeightsOfTrial(sweep)));
}

TEST_F(LoopbackTest, AServerThatIsKilledComesBackOnItsPortsAndGoesOn) {
  const SmallSweep sweep{
      .name = "study", .granularities = {"none", "block"}, .epochs = 8, .dataset = dataset_};
  Submit(sweep);
  StartWorker("w");
  AwaitTraining();
  server_->Kill();
  StartServer();
  EXPECT_EQ(HttpGet(http_address_, "/readyz").code, 200);
  AwaitSuccess();
  ExpectWholeResults(sweep);
  EXPECT_EQ(database_.Number("SELECT max(attempts) FROM v1_trials"), 1);
}

TEST_F(LoopbackTest, AWorkerThatLeavesIsListedAsLeft) {
  StartWorker("w");
  ASSERT_TRUE(fixtures::Await([this] {
    return database_.TryNumber("SELECT count(*) FROM worker WHERE state = 'ready'") == 1;
  }));
  worker_->Signal(SIGTERM);
  EXPECT_EQ(worker_->AwaitEnd(), (fixtures::ProgramEnd{0, 0})) << worker_->Errors();
  const CommandResult listed = Adares({"worker", "list", "--output", "csv"});
  EXPECT_NE(listed.output.find("w,left,0,2"), std::string::npos) << listed.output;
}

TEST_F(LoopbackTest, ProbesAnswerAndAStoppedServerLeavesInOrder) {
  EXPECT_EQ(HttpGet(http_address_, "/healthz").code, 200);
  EXPECT_EQ(HttpGet(http_address_, "/readyz").code, 200);
  server_->Signal(SIGTERM);
  EXPECT_EQ(server_->AwaitEnd(), (fixtures::ProgramEnd{0, 0})) << server_->Errors();
}

}  // namespace
}  // namespace adares
