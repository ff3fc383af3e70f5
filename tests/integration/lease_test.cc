// Leases over time: workers that fall silent, and servers that are started anew.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/fixtures/await.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using fixtures::Await;

class LeaseTest : public ServerTest {
 protected:
  LeaseTest() {
    config_.lease = {.sync_interval = std::chrono::milliseconds(200),
                     .lease_duration = std::chrono::seconds(2),
                     .restart_grace = std::chrono::milliseconds(100)};
  }

  v1::Trial::State StateOf(const v1::Assignment& attempt) { return Trial(attempt.trial()).state(); }
};

TEST_F(LeaseTest, ASilentWorkerLosesItsTrialAndAnotherGetsIt) {
  Create({.name = "leased", .granularities = {"none"}});
  ScriptedWorker silent(channel_, "silent", "i");
  ADARES_ASSERT_OK(silent.Register());
  const v1::Assignment lost = silent.TakeOne();
  ASSERT_TRUE(Await([&] { return StateOf(lost) == v1::Trial::STATE_QUEUED; }));
  const v1::Attempt attempt = Trial(lost.trial()).attempts(0);
  EXPECT_EQ(attempt.end_reason(), v1::Attempt::END_REASON_WORKER_LOST);
  EXPECT_NE(attempt.message().find("silent"), std::string::npos) << attempt.message();

  ScriptedWorker next(channel_, "next", "i");
  ADARES_ASSERT_OK(next.Register());
  BeginNow(lost.trial());
  EXPECT_EQ(next.TakeOne().attempt(), 2);
  Reports reports(channel_, silent);
  EXPECT_EQ(reports.Refused(lost, 1, {PointRecord("loss", 1, 3)}), "LEASE_LOST");
  EXPECT_EQ(Reason(silent.Sync()), "WORKER_UNKNOWN");
  EXPECT_GE(Metric("adares_leases_expired_total"), 1);
  EXPECT_GE(Metric("adares_workers", "state=\"lost\""), 1);
}

TEST_F(LeaseTest, AWorkerThatSyncsKeepsItsTrial) {
  Create({.name = "leased", .granularities = {"none"}, .seeds = {0, 1}});
  ScriptedWorker loud(channel_, "loud", "i");
  ScriptedWorker silent(channel_, "silent", "i");
  ADARES_ASSERT_OK(loud.Register());
  ADARES_ASSERT_OK(silent.Register());
  const v1::Assignment kept = loud.TakeOne();
  const v1::Assignment lost = silent.TakeOne();
  ASSERT_TRUE(Await([&] {
    EXPECT_TRUE(loud.Sync().ok());
    return StateOf(lost) == v1::Trial::STATE_QUEUED;
  }));
  EXPECT_EQ(StateOf(kept), v1::Trial::STATE_RUNNING);
  EXPECT_EQ(Trial(kept.trial()).attempt_count(), 1);
}

TEST_F(LeaseTest, AWorkerThatDoesNotFindTheNewServerLosesItsTrial) {
  Create({.name = "leased", .granularities = {"none"}});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  const v1::Assignment attempt = worker.TakeOne();
  Stop();
  Start();
  EXPECT_EQ(StateOf(attempt), v1::Trial::STATE_RUNNING) << "it has the time of a lease to come";
  EXPECT_TRUE(Await([&] { return StateOf(attempt) == v1::Trial::STATE_QUEUED; }));
}

// With leases that outlive the test.
class RestartTest : public ServerTest {};

TEST_F(RestartTest, AttemptsGoOnAfterTheServerIsStartedAnew) {
  Create({.name = "kept", .granularities = {"none"}});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  const v1::Assignment attempt = worker.TakeOne();
  {
    Reports reports(channel_, worker);
    EXPECT_EQ(reports.Acknowledged(attempt, 1, {StartRecord(4, 2), PointRecord("loss", 1, 3)}), 2);
  }
  Stop();
  Start();

  const auto orders = worker.Sync();
  ADARES_ASSERT_OK(orders);
  EXPECT_EQ(orders->start_size(), 0);
  EXPECT_EQ(orders->stop_size(), 0);
  Reports reports(channel_, worker);
  EXPECT_EQ(
      reports.Acknowledged(attempt, 2, {PointRecord("loss", 1, 3), PointRecord("loss", 2, 2)}), 3);
  EXPECT_EQ(reports.Acknowledged(attempt, 4, {EndRecord(v1::Attempt::END_REASON_FINISHED)}), 4);
  const v1::Trial trial = Trial(attempt.trial());
  EXPECT_EQ(trial.state(), v1::Trial::STATE_SUCCEEDED);
  EXPECT_EQ(trial.attempt_count(), 1);
  EXPECT_EQ(Points(attempt.trial()).size(), 2U);
  EXPECT_EQ(Sweep("kept").state(), v1::Sweep::STATE_SUCCEEDED);
}

TEST_F(RestartTest, QueuedTrialsAndCancelledSweepsAreRemembered) {
  Create({.name = "queued", .granularities = {"none"}});
  Create({.name = "stopping", .granularities = {"none"}, .priority = 90});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  const v1::Assignment attempt = worker.TakeOne();
  ADARES_ASSERT_OK(Cancel("sweeps/stopping"));
  Stop();
  Start();
  const auto orders = worker.Sync();
  ADARES_ASSERT_OK(orders);
  ASSERT_EQ(orders->stop_size(), 1);
  EXPECT_EQ(orders->stop(0).trial(), attempt.trial());
  EXPECT_EQ(orders->stop(0).reason(), v1::StopOrder::REASON_CANCELLED);
  Reports reports(channel_, worker);
  EXPECT_EQ(reports.Acknowledged(attempt, 1, {EndRecord(v1::Attempt::END_REASON_CANCELLED)}), 1);
  worker.held.clear();
  EXPECT_EQ(worker.TakeOne().trial(), Trials("queued")[0].name());
}

TEST_F(RestartTest, AFolderServesOneServerAtATime) {
  ServerConfig second = config_;
  second.listen = "unix:" + (folder_ / "second");
  const auto refused = Server::Start(second);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(refused.status().message()).find(config_.state_dir), std::string::npos)
      << refused.status();
}

}  // namespace
}  // namespace adares
