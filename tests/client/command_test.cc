// What each command asks the coordinator, and what it tells people.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>

#include "core/status.h"
#include "tests/client/command_fixture.h"
#include "tests/client/messages.h"

namespace adares::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CommandTest : public CommandFixture {};

Script WithSweeps(std::vector<v1::Sweep> sweeps) {
  Script script;
  script.sweeps = std::move(sweeps);
  return script;
}

TEST_F(CommandTest, SweepListFollowsPagesAndFits80Columns) {
  Script script;
  for (int i = 0; i < 5; ++i) {
    v1::Sweep sweep = MakeSweep(v1::Sweep::STATE_RUNNING, 3, 2, 4, 1);
    sweep.set_name("sweeps/sweep-" + std::to_string(i));
    script.sweeps.push_back(sweep);
  }
  Serve(std::move(script));
  const auto result = Run({"sweep", "list"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("NAME     STATE    DONE  FAILED  RUNNING"));
  EXPECT_THAT(result.out, HasSubstr("sweep-4  running  5/10       1        2"));
  EXPECT_THAT(coordinator_->requests(), testing::SizeIs(3));
}

TEST_F(CommandTest, EmptyListSaysWhatToDoNext) {
  Serve({});
  const auto result = Run({"sweep", "list"});
  EXPECT_EQ(result.out, "NAME  STATE  DONE  FAILED  RUNNING  AGE\n");
  EXPECT_EQ(result.err, "no sweeps yet; submit one: adares sweep submit FILE\n");
}

TEST_F(CommandTest, SubmitSendsFileChangesAndOrigin) {
  Script script;
  *script.created.mutable_sweep() = MakeSweep(v1::Sweep::STATE_RUNNING, 4, 0, 0);
  Serve(std::move(script));
  auto options = Options({"sweep", "submit", "-", "--set", "train.epochs=2", "--set", "a.b=x=y"});
  options.input = "name: mnist\n";
  const auto result = Program(options).Finish();
  EXPECT_EQ(result.out, "mnist created: 2 variants x 2 seeds = 4 trials\n");
  EXPECT_EQ(result.err, "watch: adares sweep watch mnist\n");
  EXPECT_THAT(Request("CreateSweep"),
              testing::MatchesRegex("spec_text: \"name: mnist\\\\n\" origin: \"standard input\" "
                                    "overrides . path: \"train.epochs\" value: \"2\" . "
                                    "overrides . path: \"a.b\" value: \"x=y\" . "
                                    "request_id: \"[0-9a-f]+\""));
}

TEST_F(CommandTest, SubmitSaysWhyTrialsCannotRunYet) {
  Script script;
  *script.created.mutable_sweep() = MakeSweep(v1::Sweep::STATE_RUNNING, 4, 0, 0);
  v1::PendingReason* const pending = script.created.mutable_sweep()->add_pending();
  pending->set_trials(4);
  pending->set_reason("no worker is connected");
  Serve(std::move(script));
  auto options = Options({"sweep", "submit", "-"});
  options.input = "name: mnist\n";
  const auto result = Program(options).Finish();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err,
            "waiting: 4 trials: no worker is connected\nwatch: adares sweep watch mnist\n");
}

TEST_F(CommandTest, SubmitAgainSaysWhatItDoesNotChange) {
  Script script;
  *script.created.mutable_sweep() = MakeSweep(v1::Sweep::STATE_RUNNING, 4, 0, 0);
  script.created.set_already_existed(true);
  Serve(std::move(script));
  auto options = Options({"sweep", "submit", "-"});
  options.input = "name: mnist\n";
  EXPECT_EQ(Program(options).Finish().out,
            "mnist exists already with the same content; its title, labels and priority stay as "
            "they were\nmnist: running, 0 of 4 trials done, 4 waiting\n");
}

TEST_F(CommandTest, DryRunSaysWhatASubmitWouldDo) {
  const auto dry_run = [this](Script script) {
    coordinator_.reset();
    Serve(std::move(script));
    auto options = Options({"sweep", "submit", "-", "--dry-run"});
    options.input = "name: mnist\n";
    return Program(options).Finish();
  };
  Script script;
  *script.created.mutable_sweep() = MakeSweep(v1::Sweep::STATE_RUNNING, 4, 0, 0);
  EXPECT_EQ(dry_run(script).out, "mnist would be created: 2 variants x 2 seeds = 4 trials\n");
  script.created.set_already_existed(true);
  EXPECT_THAT(
      dry_run(script).out,
      testing::StartsWith("mnist exists already with the same content; submitting it "
                          "would change nothing, its title, labels and priority neither\n"));
  script.errors["CreateSweep"] = MakeError(absl::StatusCode::kAlreadyExists, reason::kSweepExists,
                                           "a sweep \"mnist\" with other content exists");
  const auto refused = dry_run(script);
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_THAT(refused.err, HasSubstr("hint: submitting it would fail like this; give the sweep "
                                     "another name: --name NAME\n"));
}

TEST_F(CommandTest, SubmitShowsTheLineThatIsWrong) {
  Script script;
  script.errors["CreateSweep"] =
      MakeError(absl::StatusCode::kInvalidArgument, reason::kSpecInvalid,
                "standard input:2:1: unknown key \"axis\"; did you mean \"axes\"?",
                {{"line", "2"}, {"column", "1"}});
  Serve(std::move(script));
  auto options = Options({"sweep", "submit", "-"});
  options.input = "name: x\naxis: {}\n";
  const auto result = Program(options).Finish();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("did you mean \"axes\"?\n  2 | axis: {}\n    | ^\nhint: "));
}

TEST_F(CommandTest, TrialListAsksForStates) {
  Script script = WithSweeps({MakeSweep(v1::Sweep::STATE_FAILED, 0, 0, 1, 1)});
  script.trials = {MakeTrial(1, v1::Trial::STATE_SUCCEEDED), MakeFailedTrial(2)};
  Serve(std::move(script));
  const auto result = Run({"trial", "list", "mnist", "--state", "failed", "--state", "cancelled"});
  EXPECT_THAT(result.out, HasSubstr("mnist/000000000002  failed"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("000000000001")));
  EXPECT_THAT(Request("ListTrials"), HasSubstr("states: STATE_FAILED states: STATE_CANCELLED"));
}

TEST_F(CommandTest, LogsOfAFailedTrialEndWithTheReason) {
  Script script;
  script.trials = {MakeFailedTrial(1)};
  script.logs.emplace_back().add_lines()->set_text("terminate called");
  Serve(std::move(script));
  const auto result = Run({"trial", "logs", "000000000001", "-f", "--attempt", "2"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "terminate called\n");
  EXPECT_THAT(result.err, HasSubstr("error: the trainer died (ended by signal 6 (Aborted))"));
  EXPECT_EQ(Request("TailLogs"), "name: \"sweeps/-/trials/000000000001\" attempt: 2 follow: true");
}

// Three lines, of which each call but the last gives one.
Script LogThatIsLostTwice() {
  Script script;
  for (const int64_t number : {1, 2, 3}) {
    v1::TailLogsResponse& message = script.logs.emplace_back();
    message.set_attempt(2);
    message.add_lines()->set_number(number);
    message.mutable_lines(0)->set_text("line " + std::to_string(number));
  }
  script.lost_tails = 2;
  return script;
}

TEST_F(CommandTest, ALogThatIsFollowedGoesOnWhenTheCoordinatorIsBack) {
  Script script = LogThatIsLostTwice();
  script.trials = {MakeFailedTrial(1)};
  Serve(std::move(script));
  const auto result = Run({"trial", "logs", "000000000001", "-f"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "line 1\nline 2\nline 3\n");
  EXPECT_THAT(coordinator_->requests(),
              testing::Contains("TailLogs name: \"sweeps/-/trials/000000000001\" attempt: 2 "
                                "first_line: 3 follow: true"));
}

// As of one that is read page by page.
TEST_F(CommandTest, ALogThatTakesLongerThanACallIsWholeAllTheSame) {
  Script script = LogThatIsLostTwice();
  script.tail_loss = absl::DeadlineExceededError("time is up");
  Serve(std::move(script));
  const auto result = Run({"trial", "logs", "000000000001"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "line 1\nline 2\nline 3\n");
}

TEST_F(CommandTest, ALogWhoseServerSaysNothingMoreEnds) {
  Script script;
  script.logs.emplace_back().add_lines()->set_text("one");
  script.logs_end = absl::DeadlineExceededError("time is up");
  script.logs.back().mutable_lines(0)->set_number(1);
  Serve(std::move(script));
  EXPECT_EQ(Run({"trial", "logs", "000000000001"}).exit_code, 6);
}

TEST_F(CommandTest, TextsThatNoMessageCanCarryAreRefusedWhereTheyAre) {
  Serve({});
  const std::string file = folder_ / "latin1.yaml";
  fixtures::WriteTextFile(file, "name: a\ntitle: caf\xe9\n");
  const auto submitted = Run({"sweep", "submit", file});
  EXPECT_EQ(submitted.exit_code, 2);
  EXPECT_THAT(submitted.err, HasSubstr("line 2 is not UTF-8"));
  const auto cordoned = Run({"worker", "cordon", "w1", "--reason", "caf\xe9"});
  EXPECT_EQ(cordoned.exit_code, 2);
  EXPECT_THAT(cordoned.err, HasSubstr("the text for reason is not UTF-8"));
  fixtures::WriteTextFile(file, "name: a\n");
  const auto renamed = Run({"sweep", "submit", file, "--set", "title=caf\xe9"});
  EXPECT_EQ(renamed.exit_code, 2);
  EXPECT_THAT(renamed.err, HasSubstr("the text for value is not UTF-8"));
}

TEST_F(CommandTest, BrokenLogStreamStillIsOneDocument) {
  Script script;
  script.logs.emplace_back().add_lines()->set_text("one");
  script.logs_end = absl::InternalError("the disk is gone");
  Serve(std::move(script));
  const auto result = Run({"trial", "logs", "000000000001", "-o", "json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, testing::MatchesRegex("\\[\n\\{.*\"text\":\"one\".*\\}\n\\]\n"));
  EXPECT_THAT(result.err, HasSubstr("error: the disk is gone"));
}

TEST_F(CommandTest, InterruptClosesTheArrayOfLines) {
  Script script;
  script.logs.emplace_back().add_lines()->set_text("one");
  script.held = {"TailLogs"};
  Serve(std::move(script));
  Program program(Options({"trial", "logs", "000000000001", "-f", "-o", "json"}));
  ASSERT_TRUE(program.Says("one"));
  program.Signal(SIGINT);
  const auto result = program.Finish();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.out, testing::MatchesRegex("\\[\n\\{.*\"text\":\"one\".*\\}\n\\]\n"));
}

TEST_F(CommandTest, ARetryCanBeginFromScratch) {
  Serve({});
  Run({"trial", "retry", "--sweep", "mnist", "--seed", "1", "--from-scratch"});
  EXPECT_THAT(Request("ControlTrials"), HasSubstr("from_scratch: true"));
  EXPECT_EQ(Run({"trial", "pause", "--sweep", "mnist", "--from-scratch"}).exit_code, 2);
}

TEST_F(CommandTest, MetricsWeightsAndComparisonPassTheirChoices) {
  Serve({});
  Run({"trial", "metrics", "mnist/000000000001", "--key", "train/loss", "--key", "train/lr"});
  EXPECT_EQ(Request("QueryMetrics"),
            "trial: \"sweeps/mnist/trials/000000000001\" keys: \"train/loss\" keys: \"train/lr\" "
            "page_size: 50000");
  Run({"trial", "weights", "000000000001", "--site", "layer1.0"});
  EXPECT_EQ(Request("QuerySkipWeights"),
            "trial: \"sweeps/-/trials/000000000001\" sites: \"layer1.0\" last_only: true "
            "page_size: 50000");
  Run({"compare", "mnist", "--metric", "test/loss", "--baseline", "granularity=none"});
  EXPECT_EQ(Request("CompareVariants"),
            "sweep: \"sweeps/mnist\" metric: \"test/loss\" "
            "baseline { key: \"granularity\" value: \"none\" }");
}

TEST_F(CommandTest, MissingSweepExitsWith3) {
  Serve({});
  const auto result = Run({"sweep", "show", "mnist"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "error: there is no sweeps/mnist\nhint: `adares sweep list` lists what there is\n");
}

TEST_F(CommandTest, UsageErrorsExitWith2AndSuggest) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"swep", "list"}, "hint: did you mean `adares sweep`?"},
      {{"sweep", "lst"}, "hint: did you mean `adares sweep list`?"},
      {{"sweep", "submit", "x.yaml", "--dryrun"}, "hint: did you mean --dry-run?"},
      {{"sweep", "show"}, "hint: `adares sweep show --help` explains it"},
      {{"status"},
       "error: there is no command `adares status`\n"
       "hint: `adares` knows run, sweep, trial, compare, worker, data, server, db, "
       "doctor, version\n"},
      {{"sweep"},
       "error: `adares sweep` needs a command\n"
       "hint: `adares sweep` knows submit, list, show, watch, pause, resume, cancel, "
       "retry\n"},
      {{"sweep", "delete", "x"}, "error: there is no command `adares sweep delete`\n"},
      {{"-s", "unix:x", "sweep", "show"}, "hint: `adares sweep show --help` explains it"},
      {{"sweep", "list", "--wide"}, "error: there is no option --wide\n"},
      {{"sweep", "list", "-o", "yaml"}, "error: --output: \"yaml\" is none of table, json, csv\n"},
      {{"sweep", "list", "-o", "jsn"}, "is none of table, json, csv; did you mean \"json\"?\n"},
      {{"sweep", "list", "-o", "1"}, "\"1\" is none of table, json, csv\n"},
      {{"sweep", "list", "--timeout", "0"},
       "--timeout: \"0\" is out of range; write a number from 0.001 to 86400\n"},
      {{"trial", "list", "--state", "faild"},
       "--state: \"faild\" is none of queued, running, paused, stopping, succeeded, failed, "
       "cancelled, stopped-early; did you mean \"failed\"?\n"},
      {{"trial", "list", "--state", "5"}, "\"5\" is none of queued, "},
      {{"trial", "logs", "000000000001", "--attempt", "0"},
       "--attempt: \"0\" is out of range; write an integer from 1 to 1000000\n"},
      {{"run", "x.yaml", "--slots", "many"},
       "\"many\" is not a number; write an integer from 1 to "},
      {{"run", "x.yaml", "--device", "tpu"},
       "\"tpu\" is none of cpu, cuda, auto; did you mean \"cpu\"?\n"},
      {{"sweep", "show", "Not A Name"}, "is not the name of a sweep"},
      {{"sweep", "submit", "missing.yaml"}, "cannot read missing.yaml: No such file"},
      {{"run", "/tmp"}, "it is a folder"},
      {{"sweep", "list", "-s", "nonsense"}, "is not the address of a coordinator"},
  };
  for (const auto& [arguments, expected] : cases) {
    const auto result = Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("error: "));
    EXPECT_THAT(result.err, HasSubstr(expected));
  }
}

TEST_F(CommandTest, AFolderInTheFilesPlaceIsAnsweredWithTheFilesInIt) {
  const std::string studies = folder_ / "studies";
  std::filesystem::create_directory(studies);
  fixtures::WriteTextFile(studies + "/notes.yaml", "todo: much\n");
  const auto hint = [&] {
    const auto result = Run({"run", studies});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("cannot read " + studies + ": it is a folder\n"));
    return result.err.substr(result.err.find("hint: "));
  };
  EXPECT_EQ(hint(), "hint: a sweep file is expected, YAML or JSON; there is none in this folder\n");
  for (const char* name : {"b.yaml", "a.yml", "c.json", "notes.txt"}) {
    fixtures::WriteTextFile(studies + "/" + name, "{apiVersion: adares/v1}\n");
  }
  const std::string three = studies + "/a.yml, " + studies + "/b.yaml, " + studies + "/c.json";
  EXPECT_EQ(hint(), "hint: name a sweep file in it: " + three + "\n");
  fixtures::WriteTextFile(studies + "/d.yaml", "{apiVersion: adares/v1}\n");
  EXPECT_EQ(hint(), "hint: name a sweep file in it: " + three + ", ...\n");
}

TEST_F(CommandTest, BareCallIsHelpOnStandardError) {
  const auto result = Run({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("adares run examples/quick.yaml"));
  EXPECT_EQ(Run({"--help"}).exit_code, 0);
}

TEST_F(CommandTest, QuietKeepsResultsAndErrors) {
  Serve({});
  const auto list = Run({"-q", "sweep", "list"});
  EXPECT_EQ(list.err, "");
  EXPECT_NE(list.out, "");
  EXPECT_NE(Run({"-q", "sweep", "show", "x"}).err, "");
}

TEST_F(CommandTest, FullDiskIsAnError) {
  Serve({});
  auto options =
      Isolated("/bin/sh", {"-c", std::string(ADARES_PROGRAM) + " sweep list > /dev/full"});
  options.environment["ADARES_SERVER"] = Address();
  const auto result = Program(options).Finish();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("error: cannot write to standard output"));
}

}  // namespace
}  // namespace adares::client
