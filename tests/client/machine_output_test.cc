// With `-o json` and `-o csv`, standard output carries the payload and nothing else: for every
// command, on full, empty, missing and failing answers.
#include <gmock/gmock.h>

#include <map>

#include "core/status.h"
#include "nlohmann/json.hpp"
#include "tests/client/command_fixture.h"
#include "tests/client/messages.h"

namespace adares::client {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct CommandCase {
  std::string name;
  std::vector<std::string> arguments;
  std::string call;      // the gRPC call that it rests on
  bool is_list = false;  // answers an array
};

std::vector<CommandCase> AllCommands() {
  return {{"SweepSubmit", {"sweep", "submit", "-"}, "CreateSweep"},
          {"SweepDryRun", {"sweep", "submit", "-", "--dry-run"}, "CreateSweep"},
          {"SweepWait", {"sweep", "submit", "-", "--wait"}, "WatchSweep"},
          {"SweepList", {"sweep", "list"}, "ListSweeps", true},
          {"SweepShow", {"sweep", "show", "mnist"}, "GetSweep"},
          {"SweepWatch", {"sweep", "watch", "mnist"}, "WatchSweep"},
          {"SweepCancel", {"sweep", "cancel", "mnist"}, "CancelSweep"},
          {"TrialListAll", {"trial", "list"}, "ListTrials", true},
          {"TrialList", {"trial", "list", "mnist"}, "ListTrials", true},
          {"TrialShow", {"trial", "show", "mnist/000000000001"}, "GetTrial"},
          {"TrialLogs", {"trial", "logs", "000000000001"}, "TailLogs", true},
          {"TrialMetrics", {"trial", "metrics", "000000000001"}, "QueryMetrics", true},
          {"TrialWeights", {"trial", "weights", "000000000001"}, "QuerySkipWeights", true},
          {"Compare", {"compare", "mnist"}, "CompareVariants"},
          {"WorkerList", {"worker", "list"}, "ListWorkers", true}};
}

// Every list is empty; what must exist for a command to have a meaning does.
Script Bare() {
  Script script;
  script.sweeps = {MakeSweep(v1::Sweep::STATE_SUCCEEDED, 0, 0, 1)};
  script.trials = {MakeTrial(1, v1::Trial::STATE_SUCCEEDED)};
  *script.created.mutable_sweep() = script.sweeps[0];
  script.watches = {{{MakeUpdate(1, script.sweeps[0])}, absl::OkStatus()}};
  return script;
}

Script Full() {
  Script script = Bare();
  for (int i = 2; i < 6; ++i) {
    v1::Sweep sweep = script.sweeps[0];
    sweep.set_name("sweeps/other-" + std::to_string(i));
    sweep.set_title("a \"title\", with everything");
    script.sweeps.push_back(sweep);
    script.trials.push_back(MakeFailedTrial(i));
    script.workers.emplace_back().set_name("workers/w" + std::to_string(i));
    v1::MetricPoint* point = script.metrics.add_points();
    point->set_key("train/loss");
    point->set_value(i == 5 ? std::nan("") : i / 7.0);
    script.weights.add_weights()->set_site("layer1.0");
    v1::LogLine* line = script.logs.emplace_back().add_lines();
    line->set_number(i);
    line->set_text("\x1b[31mstep\x1b[0m, \"" + std::to_string(i) + "\"");
  }
  *script.comparison.add_variants() = MakeVariant("aaaa", "none", {0.5}, 0.5, std::nan(""));
  return script;
}

class MachineOutputTest : public CommandFixture, public testing::WithParamInterface<CommandCase> {
 protected:
  ProgramResult RunAs(const std::string& format) {
    auto options = Options(GetParam().arguments);
    options.arguments.insert(options.arguments.end(), {"-o", format});
    options.input = "name: mnist\n";
    return Program(options).Finish();
  }
};

TEST_P(MachineOutputTest, FullAnswerIsOneDocument) {
  Serve(Full());
  const auto result = RunAs("json");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const json document = json::parse(result.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << result.out;
  EXPECT_EQ(document.is_array(), GetParam().is_list);
  EXPECT_FALSE(document.empty());
}

TEST_P(MachineOutputTest, EmptyAnswerIsOneDocument) {
  Script script = Bare();
  if (GetParam().is_list) {
    script.sweeps.clear();
    script.trials.clear();
  }
  Serve(std::move(script));
  const auto result = RunAs("json");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  if (GetParam().is_list) {
    EXPECT_EQ(result.out, "[]\n");
  } else {
    EXPECT_TRUE(json::parse(result.out, nullptr, false).is_object()) << result.out;
  }
}

TEST_P(MachineOutputTest, FailureIsOneDocumentAndOneMessage) {
  const std::map<absl::StatusCode, int> failures = {{absl::StatusCode::kNotFound, 3},
                                                    {absl::StatusCode::kInvalidArgument, 2},
                                                    {absl::StatusCode::kFailedPrecondition, 5},
                                                    {absl::StatusCode::kInternal, 1}};
  for (const auto& [code, exit_code] : failures) {
    coordinator_.reset();
    Script script = Full();
    script.errors[GetParam().call] = MakeError(code, "SOME_REASON", "it does not work");
    Serve(std::move(script));
    const auto result = RunAs("json");
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_THAT(result.err, HasSubstr("error: it does not work\n"));
    const json document = json::parse(result.out, nullptr, false);
    ASSERT_TRUE(document.is_object()) << result.out;
    EXPECT_EQ(document["error"]["reason"], "SOME_REASON");
  }
}

TEST_P(MachineOutputTest, NoCoordinatorIsOneDocumentAndTheWayOut) {
  const auto result = RunAs("json");
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("error: cannot reach the coordinator at " + Address()));
  EXPECT_THAT(result.err, HasSubstr("hint: start one with `adares-server`"));
  EXPECT_EQ(json::parse(result.out, nullptr, false)["error"]["status"], "UNAVAILABLE");
}

TEST_P(MachineOutputTest, CsvHasAHeaderAndWholeRows) {
  Serve(Full());
  const auto result = RunAs("csv");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ASSERT_TRUE(result.out.ends_with("\r\n")) << result.out;
  EXPECT_TRUE(std::isalpha(result.out[0])) << result.out;
  coordinator_.reset();
  Script script = Bare();
  script.errors[GetParam().call] = absl::InternalError("it does not work");
  Serve(std::move(script));
  EXPECT_EQ(RunAs("csv").out, "");
}

TEST_F(CommandFixture, VersionNeedsNoCoordinator) {
  EXPECT_TRUE(json::parse(Run({"version", "-o", "json"}).out, nullptr, false).contains("version"));
  EXPECT_TRUE(Run({"version", "-o", "csv"}).out.starts_with("version\r\n"));
}

INSTANTIATE_TEST_SUITE_P(Commands, MachineOutputTest, testing::ValuesIn(AllCommands()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace adares::client
