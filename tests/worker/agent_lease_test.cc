// A worker that cannot reach its coordinator gives its leases up before others get them.
#include "tests/worker/agent_fixture.h"

namespace adares::worker {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class AgentLeaseTest : public AgentTest {
 protected:
  void SetUp() override {
    Gate();
    Script("epochs=5");
    coordinator_.Offer(Work(Id()));
    StartAgent();
    RunUntilTraining(Id());
    RunFor(seconds(6));  // a Sync that was held open has been answered
  }
};

TEST_F(AgentLeaseTest, TrainersDieBeforeTheLeaseEnds) {
  coordinator_.GoAway();
  // 4/5 of 30 s are 24 s. The last Sync that was answered was sent 5 to 10 s ago: it was held open
  // for its interval of 5 s, and so was the next, up to now.
  RunFor(seconds(13));
  EXPECT_EQ(TrainerProcesses(), 1);
  RunFor(seconds(7));
  RunUntil([] { return TrainerProcesses() == 0; });
}

TEST_F(AgentLeaseTest, SyncsKeepThemAlive) {
  RunFor(seconds(120));
  EXPECT_EQ(TrainerProcesses(), 1);
  OpenGate();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
}

// The coordinator may have granted the lease for longer than the worker thought.
TEST_F(AgentLeaseTest, EndIsReportedWhenTheCoordinatorComesBack) {
  coordinator_.GoAway();
  RunFor(seconds(25));
  RunUntil([] { return TrainerProcesses() == 0; });
  coordinator_.ComeBack();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kWorkerLost);
  EXPECT_THAT(coordinator_.End(Id())->message, HasSubstr("no contact"));
}

TEST_F(AgentLeaseTest, LeaseThatWasLostMeanwhileIsForgotten) {
  coordinator_.GoAway();
  RunFor(seconds(25));
  RunUntil([] { return TrainerProcesses() == 0; });
  coordinator_.Refuse(Id());
  coordinator_.Order({Id(), StopReason::kLeaseLost});
  coordinator_.ComeBack();
  RunUntil([&] { return coordinator_.last_sync().attempts.empty(); });
  EXPECT_EQ(coordinator_.End(Id()), nullptr);
}

// Its result is whole: it waits for the coordinator's word, however long that takes.
TEST_F(AgentLeaseTest, FinishedAttemptIsKept) {
  coordinator_.GoAway();
  OpenGate();
  RunUntil([] { return TrainerProcesses() == 0; });
  RunFor(seconds(600));
  coordinator_.ComeBack();
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
}

}  // namespace
}  // namespace adares::worker
