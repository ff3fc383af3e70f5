// `adares sweep|trial pause, resume, cancel, retry`: what they ask, and what they say of it.
#include <gmock/gmock.h>

#include "nlohmann/json.hpp"
#include "tests/client/command_fixture.h"
#include "tests/client/messages.h"

namespace adares::client {
namespace {

using testing::HasSubstr;

class ControlCommandTest : public CommandFixture {
 protected:
  // What the coordinator has after the call.
  void ServeSweep(const v1::Sweep& sweep) {
    coordinator_.reset();
    Script script;
    script.sweeps = {sweep};
    Serve(std::move(script));
  }
};

TEST_F(ControlCommandTest, ASweepThatHasEndedIsNeitherPausedNorResumed) {
  ServeSweep(MakeSweep(v1::Sweep::STATE_SUCCEEDED, 0, 0, 4));
  const auto paused = Run({"sweep", "pause", "mnist"});
  EXPECT_EQ(paused.exit_code, 5);
  EXPECT_EQ(paused.out, "");
  EXPECT_EQ(paused.err,
            "error: mnist has ended (succeeded); nothing was paused\n"
            "hint: adares sweep show mnist tells how it ended\n");
  ServeSweep(MakeSweep(v1::Sweep::STATE_FAILED, 0, 0, 3, 1));
  const auto resumed = Run({"sweep", "resume", "mnist", "-o", "json"});
  EXPECT_EQ(resumed.exit_code, 5);
  EXPECT_THAT(resumed.err, HasSubstr("mnist has ended (failed); nothing was resumed\n"));
  EXPECT_THAT(resumed.err, HasSubstr("hint: adares sweep retry mnist queues what failed"));
  const auto error = nlohmann::json::parse(resumed.out, nullptr, false)["error"];
  EXPECT_EQ(error["reason"], "STATE_CONFLICT");
  EXPECT_EQ(error["metadata"]["state"], "failed");
}

TEST_F(ControlCommandTest, ASweepThatGoesOnIsPaused) {
  ServeSweep(MakeSweep(v1::Sweep::STATE_RUNNING, 1, 0, 3));
  EXPECT_EQ(Run({"sweep", "pause", "mnist"}).exit_code, 0);
}

TEST_F(ControlCommandTest, CancellingASweepThatHasEndedSaysHow) {
  ServeSweep(MakeSweep(v1::Sweep::STATE_SUCCEEDED, 0, 0, 4));
  const auto late = Run({"sweep", "cancel", "mnist"});
  EXPECT_EQ(late.exit_code, 0);
  EXPECT_EQ(late.out, "mnist: succeeded, 4 of 4 trials done\n");
  EXPECT_EQ(late.err, "nothing was cancelled: it had ended as succeeded\n");
  ServeSweep(MakeSweep(v1::Sweep::STATE_CANCELLED, 0, 0, 3));
  EXPECT_EQ(Run({"sweep", "cancel", "mnist"}).err, "");
}

}  // namespace
}  // namespace adares::client
