// `adares sweep|trial pause, resume, cancel, retry`: what they ask, and what they say of it.
#include <gmock/gmock.h>

#include "nlohmann/json.hpp"
#include "tests/client/command_fixture.h"
#include "tests/client/messages.h"

namespace adares::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

// Trials of `mnist` of every value and seed; the first of them has failed.
Script GridScript() {
  Script script;
  script.sweeps = {MakeSweep(v1::Sweep::STATE_RUNNING, 3, 0, 0, 1)};
  v1::Axis* const axis = script.sweeps[0].add_axes();
  axis->set_name("granularity");
  axis->add_values("none");
  axis->add_values("block");
  for (int id = 1; id <= 4; ++id) {
    v1::Trial trial =
        MakeTrial(id, id == 1 ? v1::Trial::STATE_FAILED : v1::Trial::STATE_QUEUED, id % 2);
    v1::AxisValue* const value = trial.add_axes();
    value->set_axis("granularity");
    value->set_value(id <= 2 ? "none" : "block");
    script.trials.push_back(trial);
  }
  return script;
}

class ChoiceTest : public ControlCommandTest {
 protected:
  // The last digits of the trials that a command lists.
  std::vector<std::string> Listed(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    const auto result = Run(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    if (result.exit_code != 0) return {};  // it printed an error instead
    std::vector<std::string> digits;
    for (const auto& trial : nlohmann::json::parse(result.out, nullptr, false)) {
      digits.push_back(trial["name"].get<std::string>().substr(31));
    }
    return digits;
  }
};

TEST_F(ChoiceTest, AListIsOfWhatMatchesAllThatIsAskedFor) {
  Serve(GridScript());
  EXPECT_THAT(Listed({"trial", "list", "mnist"}), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(Listed({"trial", "list", "mnist", "--seed", "1"}), ElementsAre("1", "3"));
  EXPECT_THAT(Listed({"trial", "list", "mnist", "--seed", "0", "--seed", "1", "--where",
                      "granularity=block"}),
              ElementsAre("3", "4"));
  EXPECT_THAT(Listed({"trial", "list", "--where", "granularity=none", "--state", "queued"}),
              ElementsAre("2"));
  EXPECT_THAT(Listed({"trial", "list", "--where", "depth=8"}), IsEmpty())
      << "among all sweeps some may have such an axis";
}

TEST_F(ChoiceTest, WhatTheSweepHasNotIsRefused) {
  Serve(GridScript());
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--seed", "0", "--seed", "7"}, "error: the sweep has no seed 7; it has 0, 1\n"},
      {{"--where", "granularity=blok"},
       "error: the axis granularity has no value \"blok\"; did you mean \"block\"?\n"},
      {{"--where", "granularty=block"}, "did you mean \"granularity\"?\n"},
      {{"--where", "granularity=none", "--where", "granularity=block"},
       "no trial has two values of granularity\n"},
      {{"--where", "block"}, "hint: write it as granularity=block\n"}};
  for (const auto& [options, expected] : cases) {
    for (std::vector<std::string> command :
         {std::vector<std::string>{"trial", "list", "mnist"},
          std::vector<std::string>{"trial", "cancel", "--sweep", "mnist", "--dry-run"}}) {
      command.insert(command.end(), options.begin(), options.end());
      const auto result = Run(command);
      EXPECT_EQ(result.exit_code, 2);
      EXPECT_THAT(result.err, HasSubstr(expected));
    }
  }
}

TEST_F(ChoiceTest, ADryRunListsWhatIsMeantAndAsksForNothing) {
  Serve(GridScript());
  EXPECT_THAT(
      Listed({"trial", "pause", "--sweep", "mnist", "--where", "granularity=block", "--dry-run"}),
      ElementsAre("3", "4"));
  EXPECT_THAT(Listed({"trial", "retry", "mnist/000000000001", "000000000004", "-n"}),
              ElementsAre("1", "4"));
  const auto told = Run({"trial", "cancel", "--sweep", "mnist", "--seed", "1", "-n"});
  EXPECT_THAT(told.out, HasSubstr("mnist/000000000003  queued"));
  EXPECT_EQ(told.err, "2 trials chosen; nothing was cancelled\n");
  const auto missing = Run({"trial", "cancel", "mnist/000000000009", "-n"});
  EXPECT_EQ(missing.exit_code, 3) << missing.err;
  EXPECT_EQ(Request("ControlTrials"), "(never called)");
}

TEST_F(ChoiceTest, ASweepAloneIsRefusedWithBothWaysOut) {
  Serve(GridScript());
  const auto result = Run({"trial", "pause", "--sweep", "mnist"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err,
            "error: --sweep mnist alone does not say which of its trials\n"
            "hint: add --state, --seed or --where; for all of them: adares sweep pause mnist\n");
  EXPECT_EQ(Request("ControlTrials"), "(never called)");
}

}  // namespace
}  // namespace adares::client
