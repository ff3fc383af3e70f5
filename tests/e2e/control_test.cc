// People pause, resume, cancel and retry what real workers train.
#include <gmock/gmock.h>

#include "tests/e2e/programs_fixture.h"

namespace adares {
namespace {

using fixtures::Await;
using fixtures::SmallSweep;
using testing::HasSubstr;

class ControlProgramsTest : public ProgramsTest {
 protected:
  void SetUp() override {
    ProgramsTest::SetUp();
    StartServer();
  }

  bool AwaitSweep(const std::string& state) {
    return Await([&] {
      return database_.TryNumber("SELECT count(*) FROM sweep WHERE state = '" + state + "'") == 1;
    });
  }
};

TEST_F(ControlProgramsTest, APausedSweepFreesItsWorkerAndIsTrainedToTheEndAfterwards) {
  const SmallSweep sweep{
      .name = "study", .granularities = {"none", "block"}, .epochs = 8, .dataset = dataset_};
  Submit(sweep);
  StartWorker("w");
  AwaitTraining();
  EXPECT_EQ(Adares({"sweep", "pause", "study"}).code, 0);
  ASSERT_TRUE(AwaitSweep("paused"));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM v1_attempts WHERE end_reason = 'preempted'"),
            database_.Number("SELECT count(*) FROM v1_attempts"));
  EXPECT_EQ(Adares({"sweep", "resume", "study"}).code, 0);
  AwaitSuccess();
  ExpectWholeResults(sweep);
}

TEST_F(ControlProgramsTest, ACancelledSweepIsRetriedToTheEnd) {
  const SmallSweep sweep{.name = "study", .epochs = 8, .dataset = dataset_};
  Submit(sweep);
  StartWorker("w");
  AwaitTraining();
  EXPECT_EQ(Adares({"sweep", "cancel", "study"}).code, 0);
  ASSERT_TRUE(AwaitSweep("cancelled"));
  const CommandResult retried = Adares({"sweep", "retry", "study"});
  EXPECT_EQ(retried.code, 0) << retried.errors;
  AwaitSuccess();
  ExpectWholeResults(sweep);
}

TEST_F(ControlProgramsTest, TrialsAreControlledByFilterAndRefusalsAreTold) {
  Submit({.name = "study", .granularities = {"none", "stage"}, .seeds = {0, 1}});
  const CommandResult paused =
      Adares({"trial", "pause", "--sweep", "study", "--where", "granularity=stage", "--seed", "1"});
  EXPECT_EQ(paused.code, 0) << paused.errors;
  EXPECT_THAT(paused.output, HasSubstr(" paused\n"));
  EXPECT_EQ(Trials("paused"), 1);
  const CommandResult refused = Adares({"trial", "retry", "--sweep", "study", "--state", "queued"});
  EXPECT_EQ(refused.code, 5);
  EXPECT_THAT(refused.errors, HasSubstr("the trial is queued; only trials that failed, "));
  EXPECT_EQ(Adares({"trial", "pause"}).code, 2);
  EXPECT_EQ(Adares({"trial", "pause", "--sweep", "study", "--where", "stage"}).code, 2);
}

TEST_F(ControlProgramsTest, ACordonedWorkerTrainsNothingUntilItIsTakenBack) {
  StartWorker("w");
  ASSERT_TRUE(Await([this] {
    return database_.TryNumber("SELECT count(*) FROM worker WHERE state = 'ready'") == 1;
  }));
  EXPECT_EQ(Adares({"worker", "cordon", "w", "--reason", "bad fan"}).code, 0);
  const CommandResult listed = Adares({"worker", "list"});
  EXPECT_THAT(listed.output, HasSubstr("cordoned"));
  EXPECT_THAT(listed.errors, HasSubstr("bad fan"));
  const SmallSweep sweep{.name = "study", .dataset = dataset_};
  Submit(sweep);
  EXPECT_THAT(Adares({"sweep", "show", "study"}).output, HasSubstr("cordoned"));
  EXPECT_EQ(Adares({"worker", "uncordon", "w"}).code, 0);
  AwaitSuccess();
  EXPECT_EQ(Adares({"worker", "cordon", "nobody"}).code, 3);
}

}  // namespace
}  // namespace adares
