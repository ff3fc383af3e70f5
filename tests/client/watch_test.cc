// `adares sweep watch` over a real stream: lines, frames, lost connections, interrupts.
#include <gmock/gmock.h>
#include <signal.h>

#include <future>

#include "core/status.h"
#include "tests/client/command_fixture.h"
#include "tests/client/messages.h"
#include "tests/fixtures/await.h"

namespace adares::client {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::Trial Running(int64_t step, int64_t epoch) {
  return WithMetric(WithProgress(MakeTrial(1, v1::Trial::STATE_RUNNING), step, 100, epoch, 5),
                    "validation/accuracy", 0.5);
}

v1::Trial Succeeded() {
  v1::Trial trial = WithProgress(MakeTrial(1, v1::Trial::STATE_SUCCEEDED), 100, 100, 5, 5);
  trial.mutable_finish_time()->set_seconds(trial.start_time().seconds() + 38);
  return WithMetric(trial, "test/accuracy", 0.9873);
}

v1::WatchSweepResponse Queued() {
  return MakeUpdate(1, MakeSweep(v1::Sweep::STATE_RUNNING, 1, 0, 0),
                    MakeTrial(1, v1::Trial::STATE_QUEUED));
}

v1::WatchSweepResponse Epoch() {
  return MakeUpdate(2, MakeSweep(v1::Sweep::STATE_RUNNING, 0, 1, 0), Running(20, 0));
}

v1::WatchSweepResponse Done() {
  return MakeUpdate(3, MakeSweep(v1::Sweep::STATE_SUCCEEDED, 0, 0, 1), Succeeded());
}

class WatchTest : public CommandFixture {
 protected:
  void ServeWatches(std::vector<WatchScript> watches) {
    Script script;
    script.sweeps = {MakeSweep(v1::Sweep::STATE_RUNNING, 1, 0, 0)};
    script.watches = std::move(watches);
    Serve(std::move(script));
  }
};

TEST_F(WatchTest, OffATerminalEachChangeIsALine) {
  ServeWatches({{{Queued(), Epoch(), Done()}, absl::OkStatus()}});
  const auto result = Run({"sweep", "watch", "mnist"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "mnist: running, 0 of 1 trial done, 1 waiting\n"
            "[0/1] granularity=block seed 0: started\n"
            "[1/1] granularity=block seed 0: succeeded in 38s, test/accuracy 0.9873\n"
            "mnist: succeeded, 1 of 1 trial done\n");
  EXPECT_EQ(result.err, "compare: adares compare mnist\n");
}

TEST_F(WatchTest, HowASweepEndedIsSaidOnce) {
  ServeWatches({{{Done()}, absl::OkStatus()}});
  EXPECT_EQ(Run({"sweep", "watch", "mnist"}).out, "mnist: succeeded, 1 of 1 trial done\n");
}

v1::WatchSweepResponse Paused(int64_t revision) {
  v1::Sweep sweep = MakeSweep(v1::Sweep::STATE_PAUSED, 0, 0, 0);
  sweep.mutable_trial_counts()->set_paused(1);
  return MakeUpdate(revision, sweep, MakeTrial(1, v1::Trial::STATE_PAUSED));
}

// Otherwise the last line would be one of long ago, and nothing would ever follow it.
TEST_F(WatchTest, APausedSweepSaysWhatItWaitsForEachTimeItIsPaused) {
  ServeWatches({{{Paused(1), Paused(2), Queued(), Paused(4), Done()}, absl::OkStatus()}});
  const auto result = Run({"sweep", "watch", "mnist"});
  EXPECT_EQ(result.out,
            "mnist: paused, 0 of 1 trial done, 1 paused\n"
            "waiting: 1 trial is paused; adares sweep resume mnist lets it go on\n"
            "[0/1] granularity=block seed 0: waits for another attempt\n"
            "[0/1] granularity=block seed 0: paused\n"
            "waiting: 1 trial is paused; adares sweep resume mnist lets it go on\n"
            "[1/1] granularity=block seed 0: succeeded in 38s, test/accuracy 0.9873\n"
            "mnist: succeeded, 1 of 1 trial done\n");
}

TEST_F(WatchTest, FailedTrialsExitWith7) {
  ServeWatches({{{Queued(), MakeUpdate(2, MakeSweep(v1::Sweep::STATE_FAILED, 0, 0, 0, 1),
                                       MakeFailedTrial(1))},
                 absl::OkStatus()}});
  const auto result = Run({"sweep", "watch", "mnist"});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.out, HasSubstr("granularity=block seed 0: failed: the trainer died\n"));
  EXPECT_THAT(result.err, HasSubstr("adares trial list mnist --state failed"));
}

TEST_F(WatchTest, CancelledSweepExitsWith7AndLeadsToNoFailedTrials) {
  v1::Sweep sweep = MakeSweep(v1::Sweep::STATE_CANCELLED, 0, 0, 0);
  sweep.mutable_trial_counts()->set_cancelled(1);
  ServeWatches({{{Queued(), MakeUpdate(2, sweep, MakeTrial(1, v1::Trial::STATE_CANCELLED))},
                 absl::OkStatus()}});
  const auto result = Run({"sweep", "watch", "mnist"});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.out, HasSubstr("mnist: cancelled, 1 of 1 trial done, 1 cancelled\n"));
  EXPECT_EQ(result.err, "");
}

TEST_F(WatchTest, LostConnectionIsTakenUpFromTheLastRevision) {
  ServeWatches(
      {{{Queued(), Epoch()}, absl::UnavailableError("gone")}, {{Done()}, absl::OkStatus()}});
  const auto result = Run({"sweep", "watch", "mnist"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("is lost; trying again\nthe connection is back\n"));
  EXPECT_THAT(result.out, HasSubstr("succeeded in 38s"));
  EXPECT_THAT(coordinator_->requests(),
              testing::Contains("WatchSweep name: \"sweeps/mnist\" start_revision: 2"));
}

TEST_F(WatchTest, ACallThatADyingCoordinatorCancelsIsNoInterrupt) {
  ServeWatches(
      {{{Queued(), Epoch()}, absl::CancelledError("going down")}, {{Done()}, absl::OkStatus()}});
  const auto result = Run({"sweep", "watch", "mnist"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("is lost; trying again\nthe connection is back\n"));
}

TEST_F(WatchTest, InterruptSaysThatTheSweepGoesOn) {
  ServeWatches({{{Queued(), Epoch()}, absl::UnavailableError("gone")}});
  Program program(Options({"sweep", "watch", "mnist"}));
  ASSERT_TRUE(program.Says("started"));
  program.Signal(SIGINT);
  const auto result = program.Finish();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_EQ(result.err,
            "no longer watching; the sweep goes on\n"
            "hint: watch it again: adares sweep watch mnist\n");
}

// Whatever call a command waits for, also before there is something to watch.
TEST_F(WatchTest, InterruptEndsACallThatIsNotAnswered) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"CreateSweep", {"sweep", "submit", "-", "--wait"}},
      {"CreateSweep", {"sweep", "submit", "-"}},
      {"GetSweep", {"sweep", "submit", "-", "--wait"}},
      {"GetSweep", {"sweep", "watch", "mnist"}}};
  for (const auto& [call, arguments] : cases) {
    coordinator_.reset();
    std::promise<void> held;
    Script script;
    script.sweeps = {MakeSweep(v1::Sweep::STATE_RUNNING, 1, 0, 0)};
    *script.created.mutable_sweep() = script.sweeps[0];
    script.held = {call};
    script.on_hold = [&held] { held.set_value(); };
    Serve(std::move(script));
    auto options = Options(arguments);
    options.input = "name: mnist\n";
    Program program(options);
    ASSERT_EQ(held.get_future().wait_for(fixtures::kPatience), std::future_status::ready);
    program.Signal(SIGINT);
    const auto result = program.Finish();
    EXPECT_EQ(result.exit_code, 130) << call;
    EXPECT_THAT(result.err, HasSubstr(call == "GetSweep" ? "no longer watching; the sweep goes on"
                                                         : "interrupted before the coordinator"));
  }
}

TEST_F(WatchTest, TerminalIsRedrawnInPlace) {
  ServeWatches(
      {{{Queued(), Epoch()}, absl::UnavailableError("gone")}, {{Done()}, absl::OkStatus()}});
  auto options = Options({"sweep", "watch", "mnist"});
  options.terminal_columns = 80;
  const auto result = Program(options).Finish();
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("mnist  0/1 done, 1 running"));
  EXPECT_THAT(result.out, HasSubstr("epoch 1/5"));
  EXPECT_THAT(result.out, HasSubstr("━"));
  EXPECT_THAT(result.out, HasSubstr("A\r\x1b[J"));
  EXPECT_THAT(result.out, HasSubstr("\x1b[32m[1/1] granularity=block seed 0: succeeded"));
  EXPECT_THAT(result.out, Not(HasSubstr("started")));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b[?1049h")));  // never the alternate screen
}

TEST_F(WatchTest, NoColorAndDumbTerminalsAreHonoured) {
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"NO_COLOR", "1"}, {"TERM", "dumb"}}) {
    coordinator_.reset();
    ServeWatches(
        {{{Queued(), Epoch()}, absl::UnavailableError("gone")}, {{Done()}, absl::OkStatus()}});
    auto options = Options({"sweep", "watch", "mnist"});
    options.terminal_columns = 80;
    options.environment[name] = value;
    const auto result = Program(options).Finish();
    EXPECT_THAT(result.out, Not(HasSubstr("\x1b[3"))) << name;
    EXPECT_EQ(result.out.find('\x1b') == std::string::npos, name == "TERM") << result.out;
  }
}

TEST_F(WatchTest, JsonIsTheLastState) {
  ServeWatches({{{Queued(), Done()}, absl::OkStatus()}});
  const auto result = Run({"sweep", "watch", "mnist", "-o", "json"});
  EXPECT_THAT(result.out, HasSubstr("\"state\": \"STATE_SUCCEEDED\""));
  EXPECT_THAT(result.err, HasSubstr("succeeded in 38s"));
}

}  // namespace
}  // namespace adares::client
