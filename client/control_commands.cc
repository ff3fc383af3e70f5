#include "client/control_commands.h"

#include <CLI/CLI.hpp>
#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/problem.h"
#include "client/progress_view.h"
#include "client/resource_argument.h"
#include "client/sweep_snapshot.h"
#include "client/sweep_view.h"
#include "client/trial_choice.h"
#include "client/trial_view.h"
#include "client/words.h"
#include "core/status.h"
#include "core/timestamp.h"
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
  TrialChoice choice;
  bool from_scratch = false;
  bool dry_run = false;
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
  ADARES_ASSIGN_OR_RETURN(*common.mutable_filter(), FilterOf(selection.choice));
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

// A sweep alone is refused: it has commands of its own, and a filter may have been forgotten.
absl::Status CheckSelection(const Selection& selection, const Verb& verb) {
  if (!selection.trials.empty()) return absl::OkStatus();
  if (selection.sweep.empty()) {
    return UsageError("neither trials nor a sweep are named",
                      absl::StrCat("name trials, or --sweep S with --state, --seed or --where; for "
                                   "a whole sweep: adares sweep ",
                                   verb.word, " S"));
  }
  if (!selection.choice.empty()) return absl::OkStatus();
  return UsageError(
      absl::StrCat("--sweep ", selection.sweep, " alone does not say which of its trials"),
      absl::StrCat("add --state, --seed or --where; for all of them: adares sweep ", verb.word, " ",
                   selection.sweep));
}

// Lists what would be chosen, and asks for nothing.
absl::StatusOr<ExitCode> ShowChoice(const GlobalOptions& options, Connection& connection,
                                    const std::vector<v1::ControlTrialsRequest>& requests,
                                    const Verb& verb) {
  std::vector<v1::Trial> chosen;
  for (const v1::ControlTrialsRequest& request : requests) {
    ADARES_RETURN_IF_ERROR(CheckNames(connection, request.parent(), request.filter()));
    ADARES_ASSIGN_OR_RETURN(const auto trials,
                            MatchingTrials(connection, request.parent(), request.filter()));
    chosen.insert(chosen.end(), trials.begin(), trials.end());
  }
  ADARES_RETURN_IF_ERROR(AnswerList(options, chosen, TrialCsv(chosen),
                                    TrialTable(chosen, SystemNow()), "no trial matches"));
  if (!chosen.empty()) {
    Say(options,
        absl::StrCat(Plural(std::ssize(chosen), "trial"), " chosen; nothing was ", verb.past));
  }
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ControlTrials(const GlobalOptions& options, const Selection& selection,
                                       const Verb& verb) {
  ADARES_RETURN_IF_ERROR(CheckSelection(selection, verb));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const auto requests, RequestsFor(*connection, selection, verb));
  if (selection.dry_run) return ShowChoice(options, *connection, requests, verb);
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

void AddFilters(CLI::App& command, Selection& selection) {
  command.add_option("TRIAL", selection.trials,
                     "SWEEP/ID, the 12-digit ID, or sweeps/SWEEP/trials/ID");
  command.add_option("--sweep", selection.sweep, "Trials of this sweep, with at least one of:");
  AddChoiceOptions(command, selection.choice);
  command.add_flag("-n,--dry-run", selection.dry_run, "Only list the trials that are meant");
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

}  // namespace adares::client
