// Workers that come, go, and are judged while something fails.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

using std::chrono::seconds;

class FleetTest : public CoordinatorFixture {
 protected:
  void Finish(const std::string& worker, EndReason reason) {
    const AttemptId id = Claim(worker, "i1");
    ASSERT_TRUE(Report(worker, "i1", id, 1, {End(reason, "why")}).ok());
  }
};

// What fails inside is not the worker's fault, who would be told to forget the attempt.
TEST_F(FleetTest, AFailureInTheMidstOfAnEndIsOneOfTheServer) {
  Create(Plan("alpha", 40));
  Register("good", "i1");
  Register("bad", "i1");
  Finish("good", EndReason::kFinished);
  for (int i = 0; i < 4; ++i) Finish("bad", EndReason::kError);
  const AttemptId id = Claim("bad", "i1");
  SQLite::Database(folder_ / "adares.db", SQLite::OPEN_READWRITE)
      .exec("DELETE FROM worker WHERE name = 'bad'");
  const auto output = Report("bad", "i1", id, 1, {End(EndReason::kError, "broken")});
  EXPECT_EQ(output.status().code(), absl::StatusCode::kInternal) << output.status();
  ASSERT_TRUE(Run([&] { return coordinator_->Reload(now_); }).ok());
  Wait(seconds(31));
  EXPECT_EQ(Trial(id).state, TrialState::kQueued) << "no attempt is left without a lease";
}

TEST_F(FleetTest, WhoeverWatchesHearsOfWorkersThatComeAndGo) {
  Create(Plan("alpha", 1));
  const auto is_told = [this] { return coordinator_->TakeEffects().fleet_changed; };
  EXPECT_FALSE(is_told());
  Register("w1", "i1");
  EXPECT_TRUE(is_told());
  ASSERT_TRUE(Run([&] { return coordinator_->Sync({"w1", "i1", {}, true, true}, now_); }).ok());
  EXPECT_TRUE(is_told());
  Register("w1", "i1");
  EXPECT_TRUE(is_told());
  Wait(seconds(31));
  EXPECT_TRUE(is_told());
  EXPECT_FALSE(is_told());
}

TEST_F(FleetTest, ADrainThatAWorkerWasAwayForIsNotForgotten) {
  Create(Plan("alpha", 2));
  Register("w1", "i1");
  ASSERT_TRUE(Run([&] { return coordinator_->Drain("w1", now_); }).ok());
  Wait(seconds(31));
  EXPECT_EQ(ErrorReason(Sync("w1", "i1").status()), reason::kWorkerUnknown);
  Register("w1", "i1");
  const absl::StatusOr<SyncOutput> output = Sync("w1", "i1");
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_TRUE(output->drain);
  EXPECT_THAT(output->start, testing::IsEmpty());
  EXPECT_EQ(reader_->ListWorkers({})->items.at(0).state, WorkerState::kDraining);

  Wait(seconds(31));
  Register("w1", "i2");
  EXPECT_FALSE(Sync("w1", "i2")->drain) << "it was started anew";
}

}  // namespace
}  // namespace adares
