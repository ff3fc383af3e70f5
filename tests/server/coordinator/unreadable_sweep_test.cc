// A database that another version of the program wrote: what of it cannot be read holds up its own
// sweep alone.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class UnreadableSweepTest : public CoordinatorFixture {
 protected:
  UnreadableSweepTest() {
    Create(Plan("alpha", 2));
    SweepPlan other = Plan("beta", 1);
    other.schedule.resources.labels = {{"room", "b"}};
    Create(other);
  }

  // Changes the file as a program that knows more would, and starts the coordinator on it.
  void Plant(const std::string& statement) {
    SQLite::Database(folder_ / "adares.db", SQLite::OPEN_READWRITE).exec(statement);
    Open();
  }

  void ExpectAlphaRunsAlone() {
    WorkerRecord worker;
    worker.name = "w1";
    worker.instance = "i1";
    worker.slots = 3;
    worker.capability.labels = {{"room", "b"}};
    ASSERT_TRUE(Run([&] { return coordinator_->RegisterWorker({worker}, now_); }).ok());
    const absl::StatusOr<SyncOutput> output = Sync("w1", "i1");
    ASSERT_TRUE(output.ok()) << output.status();
    ASSERT_THAT(output->start, SizeIs(2));
    for (const Assignment& start : output->start) EXPECT_EQ(start.id.sweep, "alpha");
  }
};

TEST_F(UnreadableSweepTest, AStopRuleThatIsNotKnownHoldsItsSweepUp) {
  Plant(R"(UPDATE sweep SET stop_rule = '{"type": "median"}' WHERE name = 'beta')");
  ExpectAlphaRunsAlone();
  const absl::StatusOr<SweepRecord> beta = reader_->GetSweep("beta");
  ASSERT_TRUE(beta.ok()) << beta.status();
  ASSERT_THAT(beta->pending, SizeIs(1));
  EXPECT_EQ(beta->pending[0].cause, PendingReason::Cause::kUnreadable);
  EXPECT_EQ(beta->pending[0].trials, 1);
  EXPECT_THAT(beta->pending[0].why, HasSubstr("cannot be read"));
  EXPECT_THAT(Control("beta", ControlAction::kCancel)->changed, SizeIs(1));
}

TEST_F(UnreadableSweepTest, ARequirementThatIsNotKnownHoldsItsTrialsUp) {
  Plant(R"(UPDATE requirement SET text = '{"labels": 7}' WHERE text LIKE '%room%')");
  ExpectAlphaRunsAlone();
  const absl::StatusOr<SweepRecord> beta = reader_->GetSweep("beta");
  ASSERT_TRUE(beta.ok()) << beta.status();
  ASSERT_THAT(beta->pending, SizeIs(1));
  EXPECT_EQ(beta->pending[0].cause, PendingReason::Cause::kUnreadable);
  EXPECT_THAT(beta->pending[0].why, HasSubstr("cannot be read"));
}

TEST_F(UnreadableSweepTest, WhatRunsKeepsTheRestOfItsSchedule) {
  SweepPlan plan = Plan("gamma", 1);
  plan.schedule.retries = {{EndReason::kError, 7}};
  plan.schedule.timeout = std::chrono::hours(1);
  Create(plan);
  Plant(R"(UPDATE sweep SET stop_rule = '{"type": "median"}' WHERE name = 'gamma')");
  const Schedule schedule = reader_->GetSweep("gamma")->schedule;
  EXPECT_EQ(schedule.retries, plan.schedule.retries);
  EXPECT_EQ(schedule.timeout, plan.schedule.timeout);
  EXPECT_THAT(schedule.unreadable, HasSubstr("median"));
}

TEST_F(UnreadableSweepTest, AWorkerOfWhichTooLittleIsKnownKeepsWhatItRuns) {
  Register("w1", "i1");
  const AttemptId id = Claim("w1", "i1");
  Plant(R"(UPDATE worker SET capability = '{"labels": 7}')");
  const absl::StatusOr<SyncOutput> output = Sync("w1", "i1", {{id, HeldPhase::kRunning}});
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->stop, IsEmpty());
  const auto workers = reader_->ListWorkers({});
  ASSERT_TRUE(workers.ok()) << workers.status();
  EXPECT_THAT(workers->items, SizeIs(1));
  EXPECT_TRUE(reader_->GetSweep("beta").ok());
}

}  // namespace
}  // namespace adares
