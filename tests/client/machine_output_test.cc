// With `-o json` and `-o csv`, standard output carries the payload and nothing else: for every
// command, on full, empty, missing and failing answers.
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "client/csv.h"
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
          {"SweepPause", {"sweep", "pause", "unfinished"}, "PauseSweep"},
          {"SweepResume", {"sweep", "resume", "unfinished"}, "ResumeSweep"},
          {"SweepCancel", {"sweep", "cancel", "mnist"}, "CancelSweep"},
          {"SweepRetry", {"sweep", "retry", "mnist"}, "RetrySweep"},
          {"TrialPause", {"trial", "pause", "--sweep", "mnist", "--seed", "1"}, "ControlTrials"},
          {"WorkerCordon", {"worker", "cordon", "w"}, "CordonWorker"},
          {"WorkerUncordon", {"worker", "uncordon", "w"}, "UncordonWorker"},
          {"WorkerDrain", {"worker", "drain", "w"}, "DrainWorker"},
          {"TrialListAll", {"trial", "list"}, "ListTrials", true},
          {"TrialList", {"trial", "list", "mnist"}, "ListTrials", true},
          {"TrialShow", {"trial", "show", "mnist/000000000001"}, "GetTrial"},
          {"TrialLogs", {"trial", "logs", "000000000001"}, "TailLogs", true},
          {"TrialMetrics", {"trial", "metrics", "000000000001"}, "QueryMetrics", true},
          {"TrialWeights", {"trial", "weights", "000000000001"}, "QuerySkipWeights", true},
          {"Compare", {"compare", "mnist"}, "CompareVariants"},
          {"WorkerList", {"worker", "list"}, "ListWorkers", true},
          {"ServerInfo", {"server", "info"}, "GetServerInfo"},
          {"ServerHealth", {"server", "health"}, "CheckHealth"},
          {"DbCheck", {"db", "check"}, "CheckDatabase", true},
          {"DbPrune", {"db", "prune", "--older-than", "30d"}, "PruneDatabase"}};
}

// Every list is empty; what must exist for a command to have a meaning does.
Script Bare() {
  Script script;
  script.sweeps = {MakeSweep(v1::Sweep::STATE_SUCCEEDED, 0, 0, 1),
                   MakeSweep(v1::Sweep::STATE_RUNNING, 1, 0, 0)};
  script.sweeps[1].set_name("sweeps/unfinished");
  script.trials = {MakeTrial(1, v1::Trial::STATE_SUCCEEDED)};
  *script.created.mutable_sweep() = script.sweeps[0];
  script.watches = {{{MakeUpdate(1, script.sweeps[0])}, absl::OkStatus()}};
  script.health.set_healthy(true);
  script.pruned.emplace_back().set_finished(true);
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
    script.logs.emplace_back().set_attempt(2);
    v1::LogLine* line = script.logs.back().add_lines();
    line->set_number(i);
    line->set_text("\x1b[31mstep\x1b[0m, \"" + std::to_string(i) + "\"");
  }
  for (const char* check : {"integrity", "schema"}) {
    script.checks.emplace_back().set_check(check);
    script.checks.back().set_outcome(v1::CheckResult::OUTCOME_PASSED);
  }
  (*script.info.mutable_counts()->mutable_trials())["queued"] = 3;
  script.metrics.set_trial(kFirstTrial);
  script.weights.set_trial(kFirstTrial);
  *script.comparison.add_variants() = MakeVariant("aaaa", "none", {0.5}, 0.5, std::nan(""));
  return script;
}

// Fields by RFC 4180: quotes inside quotes are doubled, and every row ends with CR LF.
std::vector<CsvRow> ParseCsv(const std::string& text) {
  std::vector<CsvRow> rows;
  CsvRow row = {""};
  bool is_quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (!is_quoted && i > 0 && text[i - 1] == '"') row.back() += '"';
      is_quoted = !is_quoted;
    } else if (is_quoted || (text[i] != ',' && text[i] != '\r')) {
      row.back() += text[i];
    } else if (text[i] == ',') {
      row.emplace_back();
    } else if (text[++i] == '\n') {
      rows.push_back(std::exchange(row, {""}));
    }
  }
  EXPECT_EQ(row, CsvRow{""}) << "the last row has no end";
  return rows;
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
  EXPECT_THAT(result.err, HasSubstr("hint: start one with `adares-server --state DIR`"));
  EXPECT_EQ(json::parse(result.out, nullptr, false)["error"]["status"], "UNAVAILABLE");
}

TEST_P(MachineOutputTest, CsvHasAHeaderAndWholeRows) {
  Serve(Full());
  const auto result = RunAs("csv");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::vector<CsvRow> rows = ParseCsv(result.out);
  ASSERT_GE(rows.size(), 2u) << result.out;
  const std::set<std::string> columns(rows[0].begin(), rows[0].end());
  EXPECT_EQ(columns.size(), rows[0].size()) << "two columns of one name: " << result.out;
  EXPECT_FALSE(columns.contains(""));
  for (const CsvRow& row : rows) EXPECT_EQ(row.size(), rows[0].size()) << row[0];
}

TEST_P(MachineOutputTest, CsvOfAFailureIsNothing) {
  Script script = Full();
  script.errors[GetParam().call] = absl::InternalError("it does not work");
  Serve(std::move(script));
  EXPECT_EQ(RunAs("csv").out, "");
}

class MachineShapeTest : public CommandFixture {
 protected:
  json JsonOf(std::vector<std::string> arguments) {
    auto options = Options(std::move(arguments));
    options.arguments.insert(options.arguments.end(), {"-o", "json"});
    options.input = "name: mnist\n";
    return json::parse(Program(options).Finish().out, nullptr, false);
  }
};

TEST_F(MachineShapeTest, SubmitHasOneShapeHoweverItIsCalled) {
  for (const char* flag : {"--quiet", "--dry-run", "--wait"}) {
    coordinator_.reset();
    Serve(Full());
    const json document = JsonOf({"sweep", "submit", "-", flag});
    EXPECT_EQ(document["sweep"]["name"], "sweeps/mnist") << flag;
    EXPECT_EQ(document["alreadyExisted"], false) << flag;
    EXPECT_EQ(document.size(), 2u) << flag;
  }
}

TEST_F(MachineShapeTest, ElementsSayWhatTheyBelongTo) {
  Serve(Full());
  EXPECT_EQ(JsonOf({"trial", "metrics", "000000000001"})[3]["trial"], kFirstTrial);
  EXPECT_EQ(JsonOf({"trial", "weights", "000000000001"})[3]["trial"], kFirstTrial);
  EXPECT_EQ(JsonOf({"trial", "logs", "000000000001"})[3]["attempt"], 2);
}

TEST_F(CommandFixture, VersionNeedsNoCoordinator) {
  EXPECT_TRUE(json::parse(Run({"version", "-o", "json"}).out, nullptr, false).contains("version"));
  EXPECT_TRUE(Run({"version", "-o", "csv"}).out.starts_with("version\r\n"));
}

INSTANTIATE_TEST_SUITE_P(Commands, MachineOutputTest, testing::ValuesIn(AllCommands()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace adares::client
