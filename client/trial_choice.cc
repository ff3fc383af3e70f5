// ListTrials knows states alone; the rest of a filter is applied to what it lists.
#include "client/trial_choice.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/option_values.h"
#include "client/problem.h"
#include "client/resource_argument.h"
#include "client/words.h"
#include "core/axis_check.h"
#include "core/status.h"

namespace adares::client {
namespace {

template <typename List, typename Value>
bool Holds(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool HasValue(const v1::Trial& trial, const std::string& axis, const std::string& value) {
  return std::any_of(trial.axes().begin(), trial.axes().end(), [&](const v1::AxisValue& entry) {
    return entry.axis() == axis && entry.value() == value;
  });
}

bool Matches(const v1::Trial& trial, const v1::TrialFilter& filter) {
  if (filter.trials_size() > 0 && !Holds(filter.trials(), trial.name())) return false;
  if (filter.seeds_size() > 0 && !Holds(filter.seeds(), trial.seed())) return false;
  return std::all_of(filter.axes().begin(), filter.axes().end(), [&trial](const auto& wanted) {
    return HasValue(trial, wanted.first, wanted.second);
  });
}

// As the coordinator says it.
absl::Status CheckAllFound(const v1::TrialFilter& filter, const std::vector<v1::Trial>& found) {
  for (const std::string& name : filter.trials()) {
    const auto is_named = [&name](const v1::Trial& trial) { return trial.name() == name; };
    if (std::any_of(found.begin(), found.end(), is_named)) continue;
    return MakeError(
        absl::StatusCode::kNotFound, reason::kTrialNotFound,
        absl::StrCat("there is no trial ", ShortName(name), " that is meant by this request"),
        {{"trial", name}});
  }
  return absl::OkStatus();
}

std::vector<Axis> AxesOf(const v1::Sweep& sweep) {
  std::vector<Axis> axes;
  for (const v1::Axis& axis : sweep.axes()) {
    axes.push_back({axis.name(), axis.path(), {axis.values().begin(), axis.values().end()}});
  }
  return axes;
}

}  // namespace

void AddChoiceOptions(CLI::App& command, TrialChoice& choice) {
  command
      .add_option("--state", choice.states,
                  absl::StrCat("Only those in this state: ", absl::StrJoin(TrialStateWords(), ", "),
                               ";\nmay be repeated"))
      ->check(OneOf(TrialStateWords()))
      ->type_name("STATE")
      ->allow_extra_args(false);
  command.add_option("--seed", choice.seeds, "Only those with this seed; may be repeated")
      ->type_name("SEED")
      ->allow_extra_args(false);
  command
      .add_option("--where", choice.axes,
                  "Only those with this value of an axis, e.g. granularity=block;\n"
                  "may be repeated for other axes")
      ->type_name("AXIS=VALUE")
      ->allow_extra_args(false);
}

absl::StatusOr<v1::TrialFilter> FilterOf(const TrialChoice& choice) {
  v1::TrialFilter filter;
  for (const v1::Trial::State state : TrialStatesOf(choice.states)) filter.add_states(state);
  filter.mutable_seeds()->Assign(choice.seeds.begin(), choice.seeds.end());
  for (const std::string& text : choice.axes) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return UsageError(absl::StrCat("--where ", text, " is no axis with a value"),
                        "write it as granularity=block");
    }
    const std::string axis = text.substr(0, equals);
    if (filter.axes().contains(axis)) {
      return UsageError(absl::StrCat("--where ", text, ": no trial has two values of ", axis),
                        "give a command of its own for each value");
    }
    (*filter.mutable_axes())[axis] = text.substr(equals + 1);
  }
  return filter;
}

absl::StatusOr<std::vector<v1::Trial>> MatchingTrials(Connection& connection,
                                                      const std::string& sweep,
                                                      const v1::TrialFilter& filter) {
  std::vector<v1::Trial::State> states;
  for (const int state : filter.states()) states.push_back(static_cast<v1::Trial::State>(state));
  ADARES_ASSIGN_OR_RETURN(std::vector<v1::Trial> trials, connection.ListTrials(sweep, states));
  std::erase_if(trials, [&filter](const v1::Trial& trial) { return !Matches(trial, filter); });
  ADARES_RETURN_IF_ERROR(CheckAllFound(filter, trials));
  return trials;
}

absl::Status CheckNames(Connection& connection, const std::string& sweep,
                        const v1::TrialFilter& filter) {
  if (filter.seeds().empty() && filter.axes().empty()) return absl::OkStatus();
  ADARES_ASSIGN_OR_RETURN(const v1::Sweep known, connection.GetSweep(sweep));
  ADARES_RETURN_IF_ERROR(CheckSeeds({known.seeds().begin(), known.seeds().end()},
                                    {filter.seeds().begin(), filter.seeds().end()}, "--seed"));
  return CheckAxisValues(AxesOf(known), {filter.axes().begin(), filter.axes().end()}, "--where");
}

}  // namespace adares::client
