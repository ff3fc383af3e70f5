#include "client/control_commands.h"

#include <CLI/CLI.hpp>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/option_values.h"
#include "client/problem.h"
#include "client/progress_view.h"
#include "client/resource_argument.h"
#include "client/sweep_snapshot.h"
#include "client/sweep_view.h"
#include "client/words.h"
#include "core/status.h"
#include "rpc/names.h"

namespace adares::client {
namespace {

struct Verb {
  const char* word;
  const char* past;
  v1::ControlTrialsRequest::Action action;
  absl::StatusOr<v1::Sweep> (Connection::*on_sweep)(const std::string&);
  const char* of_sweep;
  const char* of_trials;
};

constexpr std::array kVerbs = {
    Verb{"pause", "paused", v1::ControlTrialsRequest::ACTION_PAUSE, &Connection::PauseSweep,
         "Stop its running trials for now and hold its waiting ones", "Stop trials for now"},
    Verb{"resume", "resumed", v1::ControlTrialsRequest::ACTION_RESUME, &Connection::ResumeSweep,
         "Let its paused trials go on", "Let paused trials go on"},
    Verb{"cancel", "cancelled", v1::ControlTrialsRequest::ACTION_CANCEL, &Connection::CancelSweep,
         "Stop its running trials and drop its waiting ones", "Stop trials for good"},
    Verb{"retry", "queued again", v1::ControlTrialsRequest::ACTION_RETRY, &Connection::RetrySweep,
         "Queue its failed and cancelled trials again", "Queue failed or cancelled trials again"},
};

struct Selection {
  std::vector<std::string> trials;
  std::string sweep;
  std::vector<std::string> states;
  std::vector<std::string> axes;
  std::vector<int64_t> seeds;
  bool from_scratch = false;
};

bool AsksToGoOn(const Verb& verb) {
  return verb.action == v1::ControlTrialsRequest::ACTION_PAUSE ||
         verb.action == v1::ControlTrialsRequest::ACTION_RESUME;
}

// A sweep that has ended has nothing to pause or to resume: whoever asks thinks that it goes on.
absl::Status CheckGoesOn(const v1::Sweep& sweep, const Verb& verb) {
  if (!IsFinal(sweep) || !AsksToGoOn(verb)) return absl::OkStatus();
  const std::string name = ShortName(sweep.name());
  const std::string state = StateWord(sweep.state());
  const bool may_retry = sweep.trial_counts().failed() + sweep.trial_counts().cancelled() > 0;
  return WithHint(MakeError(absl::StatusCode::kFailedPrecondition, reason::kStateConflict,
                            absl::StrCat(name, " has ended (", state, "); nothing was ", verb.past),
                            {{"state", state}, {"event", verb.word}}),
                  may_retry ? absl::StrCat("adares sweep retry ", name,
                                           " queues what failed or was cancelled again")
                            : absl::StrCat("adares sweep show ", name, " tells how it ended"));
}

absl::StatusOr<ExitCode> ControlSweep(const GlobalOptions& options, const std::string& name,
                                      const Verb& verb) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, SweepArgument(name));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const v1::Sweep sweep, ((*connection).*verb.on_sweep)(resource));
  ADARES_RETURN_IF_ERROR(CheckGoesOn(sweep, verb));
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(sweep); }, [&] { return SweepCsv({sweep}); },
      [&](bool) { return DescribeSweep(sweep) + "\n"; }));
  const bool is_cancel = verb.action == v1::ControlTrialsRequest::ACTION_CANCEL;
  if (is_cancel && IsFinal(sweep) && sweep.state() != v1::Sweep::STATE_CANCELLED) {
    Say(options, absl::StrCat("nothing was cancelled: it had ended as ", StateWord(sweep.state())));
  }
  return ExitCode::kOk;
}

// Finds out of which sweep the trials are that are named by their ids alone.
absl::StatusOr<std::string> ResolveTrial(Connection& connection, const std::string& text) {
  ADARES_ASSIGN_OR_RETURN(std::string resource, TrialArgument(text));
  if (!resource.starts_with("sweeps/-/")) return resource;
  ADARES_ASSIGN_OR_RETURN(const v1::Trial trial, connection.GetTrial(resource));
  return trial.name();
}

// One request for each sweep that trials are named of, or one for the filter.
absl::StatusOr<std::vector<v1::ControlTrialsRequest>> RequestsFor(Connection& connection,
                                                                  const Selection& selection,
                                                                  const Verb& verb) {
  v1::ControlTrialsRequest common;
  common.set_action(verb.action);
  common.set_from_scratch(selection.from_scratch);
  for (const v1::Trial::State state : TrialStatesOf(selection.states)) {
    common.mutable_filter()->add_states(state);
  }
  common.mutable_filter()->mutable_seeds()->Assign(selection.seeds.begin(), selection.seeds.end());
  for (const std::string& axis : selection.axes) {
    const size_t equals = axis.find('=');
    if (equals == std::string::npos || equals == 0) {
      return UsageError(absl::StrCat("--where ", axis, " is no axis with a value"),
                        "write it as granularity=block");
    }
    (*common.mutable_filter()->mutable_axes())[axis.substr(0, equals)] = axis.substr(equals + 1);
  }
  std::map<std::string, v1::ControlTrialsRequest> by_sweep;
  if (!selection.sweep.empty()) {
    ADARES_ASSIGN_OR_RETURN(const std::string sweep, SweepArgument(selection.sweep));
    by_sweep[sweep] = common;
  }
  for (const std::string& text : selection.trials) {
    ADARES_ASSIGN_OR_RETURN(const std::string resource, ResolveTrial(connection, text));
    ADARES_ASSIGN_OR_RETURN(const TrialName name, ParseTrialResource(resource));
    const auto [entry, is_new] = by_sweep.try_emplace(SweepResource(name.sweep), common);
    if (is_new && !selection.sweep.empty()) {
      return UsageError(absl::StrCat(text, " is no trial of ", selection.sweep),
                        "leave --sweep out where trials are named");
    }
    entry->second.mutable_filter()->add_trials(resource);
  }
  std::vector<v1::ControlTrialsRequest> requests;
  for (auto& [sweep, request] : by_sweep) {
    request.set_parent(sweep);
    requests.push_back(std::move(request));
  }
  return requests;
}

std::string OutcomeText(const v1::ControlTrialsResponse& response, const Verb& verb) {
  std::string text;
  for (const std::string& trial : response.changed()) {
    absl::StrAppend(&text, "trial ", ShortName(trial), " ", verb.past, "\n");
  }
  return text;
}

std::vector<CsvRow> OutcomeCsv(const v1::ControlTrialsResponse& response) {
  std::vector<CsvRow> rows = {{"trial", "changed", "reason", "message"}};
  for (const std::string& trial : response.changed()) {
    rows.push_back({ShortName(trial), "true", "", ""});
  }
  for (const v1::TrialRefusal& refusal : response.refused()) {
    rows.push_back({ShortName(refusal.trial()), "false", refusal.reason(), refusal.message()});
  }
  return rows;
}

void SayRest(const GlobalOptions& options, const v1::ControlTrialsResponse& response) {
  for (const v1::TrialRefusal& refusal : response.refused()) {
    Say(options, absl::StrCat(ShortName(refusal.trial()), ": ", refusal.message()));
  }
  if (response.unchanged_count() > 0) {
    Say(options, absl::StrCat(Plural(response.unchanged_count(), "trial"), " as asked already"));
  }
  if (response.changed().empty() && response.refused().empty() && response.unchanged_count() == 0) {
    Say(options, "no trial matches");
  }
}

absl::StatusOr<ExitCode> ControlTrials(const GlobalOptions& options, const Selection& selection,
                                       const Verb& verb) {
  if (selection.trials.empty() && selection.sweep.empty()) {
    return UsageError("neither trials nor a sweep are named",
                      absl::StrCat("name trials, or --sweep S with --state, --seed or --where; for "
                                   "a whole sweep: adares sweep ",
                                   verb.word, " S"));
  }
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const auto requests, RequestsFor(*connection, selection, verb));
  v1::ControlTrialsResponse all;
  for (const v1::ControlTrialsRequest& request : requests) {
    ADARES_ASSIGN_OR_RETURN(const auto response, connection->ControlTrials(request));
    all.mutable_changed()->MergeFrom(response.changed());
    all.mutable_refused()->MergeFrom(response.refused());
    all.set_unchanged_count(all.unchanged_count() + response.unchanged_count());
  }
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(all); }, [&] { return OutcomeCsv(all); },
      [&](bool) { return OutcomeText(all, verb); }));
  SayRest(options, all);
  return all.refused().empty() ? ExitCode::kOk : ExitCode::kConflict;
}

struct CordonOptions {
  std::string worker;
  std::string reason;
};

absl::StatusOr<ExitCode> Cordon(const GlobalOptions& options, const CordonOptions& cordon,
                                bool is_cordoned) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, WorkerArgument(cordon.worker));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_RETURN_IF_ERROR(is_cordoned ? connection->CordonWorker(resource, cordon.reason)
                                     : connection->UncordonWorker(resource));
  const std::string name = ShortName(resource);
  ADARES_RETURN_IF_ERROR(Answer(
      options,
      [&] {
        return absl::StrCat("{\n  \"worker\": ", JsonString(name),
                            ",\n  \"cordoned\": ", is_cordoned ? "true" : "false", "\n}\n");
      },
      [&] {
        return std::vector<CsvRow>{{"worker", "cordoned"}, {name, is_cordoned ? "true" : "false"}};
      },
      [&](bool) {
        return absl::StrCat("worker ", name, is_cordoned ? " cordoned\n" : " uncordoned\n");
      }));
  if (is_cordoned) Say(options, "it keeps what it runs and gets nothing more");
  return ExitCode::kOk;
}

void AddCordon(CLI::App& worker, CommandLine& line, const char* word, const char* description,
               bool is_cordoned) {
  const auto cordon = std::make_shared<CordonOptions>();
  CLI::App* command = worker.add_subcommand(word, description);
  command->add_option("WORKER", cordon->worker, "w or workers/w")->required();
  if (is_cordoned) {
    command->add_option("--reason", cordon->reason, "Why, for others")->type_name("TEXT");
  }
  command->callback([cordon, is_cordoned, &line] {
    line.chosen = [cordon, is_cordoned](const GlobalOptions& options) {
      return Cordon(options, *cordon, is_cordoned);
    };
  });
}

absl::StatusOr<ExitCode> Drain(const GlobalOptions& options, const std::string& worker) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, WorkerArgument(worker));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_RETURN_IF_ERROR(connection->DrainWorker(resource));
  const std::string name = ShortName(resource);
  ADARES_RETURN_IF_ERROR(Answer(
      options,
      [&] {
        return absl::StrCat("{\n  \"worker\": ", JsonString(name), ",\n  \"draining\": true\n}\n");
      },
      [&] {
        return std::vector<CsvRow>{{"worker", "draining"}, {name, "true"}};
      },
      [&](bool) { return absl::StrCat("worker ", name, " drains\n"); }));
  Say(options, "it gives its trials back and leaves; adares worker list says when it has");
  return ExitCode::kOk;
}

void AddDrain(CLI::App& worker, CommandLine& line) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command =
      worker.add_subcommand("drain", "Let it give its trials back, with checkpoints, and leave");
  command->add_option("WORKER", *name, "w or workers/w")->required();
  command->callback([name, &line] {
    line.chosen = [name](const GlobalOptions& options) { return Drain(options, *name); };
  });
}

void AddFilters(CLI::App& command, Selection& selection) {
  command.add_option("TRIAL", selection.trials,
                     "SWEEP/ID, the 12-digit ID, or sweeps/SWEEP/trials/ID");
  command.add_option("--sweep", selection.sweep, "Trials of this sweep, with at least one of:");
  command.add_option("--state", selection.states, "Only those in this state; may be repeated")
      ->check(OneOf(TrialStateWords()))
      ->type_name("STATE")
      ->allow_extra_args(false);
  command.add_option("--seed", selection.seeds, "Only those with this seed; may be repeated")
      ->type_name("SEED")
      ->allow_extra_args(false);
  command
      .add_option("--where", selection.axes,
                  "Only those with this value of an axis, e.g. granularity=block; may be repeated")
      ->type_name("AXIS=VALUE")
      ->allow_extra_args(false);
}

}  // namespace

void AddSweepControlCommands(CLI::App& sweep, CommandLine& line) {
  for (const Verb& verb : kVerbs) {
    const auto name = std::make_shared<std::string>();
    CLI::App* command = sweep.add_subcommand(verb.word, verb.of_sweep);
    command->add_option("NAME", *name, "x or sweeps/x")->required();
    command->callback([name, &verb, &line] {
      line.chosen = [name, &verb](const GlobalOptions& options) {
        return ControlSweep(options, *name, verb);
      };
    });
  }
}

void AddTrialControlCommands(CLI::App& trial, CommandLine& line) {
  for (const Verb& verb : kVerbs) {
    const auto selection = std::make_shared<Selection>();
    CLI::App* command = trial.add_subcommand(verb.word, verb.of_trials);
    AddFilters(*command, *selection);
    if (verb.action == v1::ControlTrialsRequest::ACTION_RETRY) {
      command->add_flag("--from-scratch", selection->from_scratch,
                        "Go on from none of their checkpoints");
    }
    command->callback([selection, &verb, &line] {
      line.chosen = [selection, &verb](const GlobalOptions& options) {
        return ControlTrials(options, *selection, verb);
      };
    });
  }
}

void AddWorkerControlCommands(CLI::App& worker, CommandLine& line) {
  AddCordon(worker, line, "cordon", "Give it no more trials; what it runs goes on", true);
  AddCordon(worker, line, "uncordon", "Give it trials again", false);
  AddDrain(worker, line);
}

}  // namespace adares::client
