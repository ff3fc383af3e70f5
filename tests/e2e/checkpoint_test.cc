// A trial whose worker is killed goes on from its checkpoint, and comes out as if nothing had been.
#include <gtest/gtest.h>

#include "tests/e2e/programs_fixture.h"

namespace adares {
namespace {

using fixtures::Await;
using fixtures::SmallSweep;

class CheckpointProgramsTest : public ProgramsTest {
 protected:
  void SetUp() override {
    ProgramsTest::SetUp();
    StartServer();
  }

  std::string DigestsOf(const std::string& sweep) const {
    const auto rows = database_.Rows("SELECT digests FROM v1_attempts WHERE sweep = '" + sweep +
                                     "' AND end_reason = 'finished'");
    return rows.size() == 1 ? *rows.begin() : "";
  }

  void AwaitCheckpoint() {
    ASSERT_TRUE(Await([this] {
      return database_.TryNumber(
                 "SELECT count(*) FROM v1_trials JOIN v1_checkpoints USING (sweep, trial)"
                 " WHERE state = 'running'") > 0;
    }));
  }

  SmallSweep Of(const std::string& name) const {
    return {.name = name, .granularities = {"block"}, .epochs = 20, .dataset = dataset_};
  }
};

TEST_F(CheckpointProgramsTest, ATrialWhoseWorkerIsKilledEndsWithTheSameHashes) {
  Submit(Of("calm"));
  StartWorker("w", 1);
  AwaitSuccess();
  worker_->Kill();

  const SmallSweep sweep = Of("shaken");
  Submit(sweep);
  StartWorker("w", 1, {"--checkpoint-seconds", "1"});
  AwaitCheckpoint();
  worker_->Kill();
  EXPECT_TRUE(Await([] { return fixtures::Descendants("adares-trainer").empty(); }));
  StartWorker("w", 1, {"--checkpoint-seconds", "1"});
  AwaitSuccess();
  ExpectWholeResults(sweep);
  EXPECT_GE(database_.Number("SELECT max(resumed_step) FROM v1_attempts WHERE sweep = 'shaken'"
                             " AND end_reason = 'finished'"),
            1);
  EXPECT_NE(DigestsOf("calm"), "");
  EXPECT_EQ(DigestsOf("calm"), DigestsOf("shaken"));
  EXPECT_EQ(database_.Rows("SELECT key, step, epoch, value FROM v1_metrics WHERE sweep = 'calm'"
                           " AND key NOT LIKE 'time/%'"),
            database_.Rows("SELECT key, step, epoch, value FROM v1_metrics WHERE sweep = 'shaken'"
                           " AND key NOT LIKE 'time/%'"));
  EXPECT_EQ(database_.Rows("SELECT DISTINCT sweep, reason FROM v1_checkpoints"),
            (std::multiset<std::string>{"calm|final", "shaken|final"}))
      << "of a trial that has succeeded nothing else is kept";
}

TEST_F(CheckpointProgramsTest, APausedTrialGoesOnWhereItWas) {
  Submit(Of("calm"));
  StartWorker("w", 1);
  AwaitSuccess();

  const SmallSweep sweep = Of("paused");
  Submit(sweep);
  AwaitTraining();
  EXPECT_EQ(Adares({"sweep", "pause", "paused"}).code, 0);
  ASSERT_TRUE(Await([this] { return Trials("paused") == 1; }));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM v1_checkpoints WHERE sweep = 'paused'"
                             " AND reason = 'on-stop' AND file = 'model.safetensors'"),
            1);
  EXPECT_EQ(Adares({"sweep", "resume", "paused"}).code, 0);
  AwaitSuccess();
  ExpectWholeResults(sweep);
  EXPECT_GE(database_.Number("SELECT max(resumed_step) FROM v1_attempts WHERE sweep = 'paused'"),
            1);
  EXPECT_EQ(DigestsOf("calm"), DigestsOf("paused"));
}

}  // namespace
}  // namespace adares
