// `adares trial list | show | logs | metrics | weights`.
#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/command_line.h"
#include "client/control_commands.h"
#include "client/failure_report.h"
#include "client/log_printer.h"
#include "client/option_values.h"
#include "client/problem.h"
#include "client/resource_argument.h"
#include "client/signals.h"
#include "client/trial_choice.h"
#include "client/trial_view.h"
#include "client/words.h"
#include "core/status.h"
#include "core/timestamp.h"

namespace adares::client {
namespace {

struct ListOptions {
  std::string sweep;
  TrialChoice choice;
};

struct LogOptions {
  std::string trial;
  int attempt = 0;
  bool follow = false;
};

struct MetricOptions {
  std::string trial;
  std::vector<std::string> keys;
};

struct WeightOptions {
  std::string trial;
  std::vector<std::string> sites;
  bool all = false;
};

// The trials of one sweep, or of all. Of several sweeps only some may have an axis.
absl::StatusOr<std::vector<v1::Trial>> Collect(Connection& connection, const ListOptions& list,
                                               const v1::TrialFilter& filter) {
  if (!list.sweep.empty()) {
    ADARES_ASSIGN_OR_RETURN(const std::string resource, SweepArgument(list.sweep));
    ADARES_RETURN_IF_ERROR(CheckNames(connection, resource, filter));
    return MatchingTrials(connection, resource, filter);
  }
  ADARES_ASSIGN_OR_RETURN(const auto sweeps, connection.ListSweeps());
  std::vector<v1::Trial> all;
  for (const v1::Sweep& sweep : sweeps) {
    ADARES_ASSIGN_OR_RETURN(auto trials, MatchingTrials(connection, sweep.name(), filter));
    for (v1::Trial& trial : trials) all.push_back(std::move(trial));
  }
  return all;
}

absl::StatusOr<ExitCode> List(const GlobalOptions& options, const ListOptions& list) {
  if (!list.sweep.empty()) ADARES_RETURN_IF_ERROR(SweepArgument(list.sweep).status());
  ADARES_ASSIGN_OR_RETURN(const v1::TrialFilter filter, FilterOf(list.choice));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const auto trials, Collect(*connection, list, filter));
  ADARES_RETURN_IF_ERROR(AnswerList(options, trials, TrialCsv(trials),
                                    TrialTable(trials, SystemNow()),
                                    list.choice.empty() ? "no trials" : "no trial matches"));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Show(const GlobalOptions& options, const std::string& name) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, TrialArgument(name));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const v1::Trial trial, connection->GetTrial(resource));
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(trial); }, [&] { return TrialCsv({trial}); },
      [&](bool color) { return TrialDetails(trial, SystemNow(), color); }));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Logs(const GlobalOptions& options, const LogOptions& logs) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, TrialArgument(logs.trial));
  Signals signals;  // an interrupt ends the stream, and the array that is open
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options, &signals));
  v1::TailLogsRequest request;
  request.set_name(resource);
  request.set_attempt(logs.attempt);
  request.set_follow(logs.follow);
  LogPrinter printer(options.output);
  const absl::Status status = connection->TailLogs(
      request,
      [&printer](const v1::TailLogsResponse& response) { return printer.Print(response); });
  ADARES_RETURN_IF_ERROR(printer.Finish(status));
  if (options.output != OutputFormat::kTable || options.quiet) return ExitCode::kOk;
  // The framed block repeats no lines: they stand right above it.
  const auto trial = connection->GetTrial(resource);
  if (!trial.ok()) return ExitCode::kOk;
  v1::Trial without_lines = *trial;
  for (auto& attempt : *without_lines.mutable_attempts()) attempt.clear_log_tail();
  const std::string why = WhyItFailed(
      without_lines, absl::StrCat("more: adares trial show ", ShortName(trial->name())));
  WriteAll(stderr, why);
  return ExitCode::kOk;
}

// Points that say of which trial they are, as the rows of CSV do.
JsonOfMessage WithTrial(const std::string& trial) {
  return [value = JsonString(trial)](const google::protobuf::Message& message) {
    return JsonLineWith("trial", value, message);
  };
}

absl::StatusOr<ExitCode> Metrics(const GlobalOptions& options, const MetricOptions& wanted) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, TrialArgument(wanted.trial));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  v1::QueryMetricsRequest request;
  request.set_trial(resource);
  request.mutable_keys()->Assign(wanted.keys.begin(), wanted.keys.end());
  ADARES_ASSIGN_OR_RETURN(const auto metrics, connection->QueryMetrics(request));
  ADARES_RETURN_IF_ERROR(AnswerList(options, metrics.points(), MetricCsv(metrics),
                                    MetricTable(metrics), "no points yet",
                                    WithTrial(metrics.trial())));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Weights(const GlobalOptions& options, const WeightOptions& wanted) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, TrialArgument(wanted.trial));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  v1::QuerySkipWeightsRequest request;
  request.set_trial(resource);
  request.mutable_sites()->Assign(wanted.sites.begin(), wanted.sites.end());
  request.set_last_only(!wanted.all);
  ADARES_ASSIGN_OR_RETURN(const auto weights, connection->QuerySkipWeights(request));
  ADARES_RETURN_IF_ERROR(AnswerList(options, weights.weights(), SkipWeightCsv(weights),
                                    SkipWeightTable(weights), "no skip weights yet",
                                    WithTrial(weights.trial())));
  return ExitCode::kOk;
}

constexpr char kTrialForms[] = "SWEEP/ID, the 12-digit ID, or sweeps/SWEEP/trials/ID";

// Makes `run(options, *own)` what the command does.
template <typename Own>
void Choose(CLI::App* command, CommandLine& line, const std::shared_ptr<Own>& own,
            absl::StatusOr<ExitCode> (*run)(const GlobalOptions&, const Own&)) {
  command->callback([own, run, &line] {
    line.chosen = [own, run](const GlobalOptions& options) { return run(options, *own); };
  });
}

void AddList(CLI::App& trial, CommandLine& line) {
  const auto list = std::make_shared<ListOptions>();
  CLI::App* command = trial.add_subcommand("list", "List trials in the order they were queued");
  command->alias("ls");
  command->add_option("SWEEP,--sweep", list->sweep, "Only this sweep's");
  AddChoiceOptions(*command, list->choice);
  Choose(command, line, list, List);
}

void AddLogs(CLI::App& trial, CommandLine& line) {
  const auto logs = std::make_shared<LogOptions>();
  CLI::App* command = trial.add_subcommand("logs", "Print what the trainer wrote");
  command->add_option("TRIAL", logs->trial, kTrialForms)->required();
  command->add_flag("-f,--follow", logs->follow, "Go on until the attempt ends");
  command->add_option("--attempt", logs->attempt, "Which attempt; the newest by default")
      ->check(IntegerBetween(1, 1'000'000))
      ->type_name("N");
  Choose(command, line, logs, Logs);
}

void AddMetrics(CLI::App& trial, CommandLine& line) {
  const auto wanted = std::make_shared<MetricOptions>();
  CLI::App* command = trial.add_subcommand("metrics", "Print the points of its metrics");
  command->add_option("TRIAL", wanted->trial, kTrialForms)->required();
  command->add_option("--key", wanted->keys, "Only this metric; may be repeated")
      ->type_name("KEY")
      ->allow_extra_args(false);
  Choose(command, line, wanted, Metrics);
}

void AddWeights(CLI::App& trial, CommandLine& line) {
  const auto wanted = std::make_shared<WeightOptions>();
  CLI::App* command = trial.add_subcommand("weights", "Print its newest skip weights, by site");
  command->add_option("TRIAL", wanted->trial, kTrialForms)->required();
  command->add_option("--site", wanted->sites, "Only this site; may be repeated")
      ->type_name("SITE")
      ->allow_extra_args(false);
  command->add_flag("--all", wanted->all, "The whole history instead of the newest row of a site");
  Choose(command, line, wanted, Weights);
}

}  // namespace

void AddTrialCommands(CLI::App& app, CommandLine& line) {
  CLI::App* trial =
      app.add_subcommand("trial", "Look at trials, pause, resume, cancel and retry them");
  trial->require_subcommand(1);
  AddList(*trial, line);
  const auto name = std::make_shared<std::string>();
  CLI::App* show = trial->add_subcommand("show", "Show one trial, its attempts and configuration");
  show->add_option("TRIAL", *name, kTrialForms)->required();
  Choose(show, line, name, Show);
  AddLogs(*trial, line);
  AddMetrics(*trial, line);
  AddWeights(*trial, line);
  AddVerifyCommand(*trial, line);
  AddTrialControlCommands(*trial, line);
}

}  // namespace adares::client
