// Walks down the commands as far as the arguments name them.
#include "client/usage.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "client/problem.h"
#include "core/near_miss.h"

namespace adares::client {
namespace {

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (!command->get_name().empty()) names.push_back(command->get_name());
  }
  return names;
}

// Options of this command and those above it, with their dashes.
std::vector<std::string> OptionNames(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

const CLI::App* FindCommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->check_name(name)) return command;
  }
  return nullptr;
}

std::string PathOf(const CLI::App* app) {
  std::string path;
  for (; app->get_parent() != nullptr; app = app->get_parent()) {
    path = " " + app->get_name() + path;
  }
  return "adares" + path;
}

}  // namespace

absl::Status UsageProblem(const CLI::App& app, const std::string& complaint,
                          const std::vector<std::string>& arguments) {
  const CLI::App* at = &app;
  for (const std::string& argument : arguments) {
    if (argument.starts_with("--")) {
      const std::string name = argument.substr(0, argument.find('='));
      const auto known = OptionNames(at);
      const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
      const auto nearest = NearMiss(name, known);
      if (!is_known && nearest) {
        return UsageError("there is no option " + name, "did you mean " + *nearest + "?");
      }
    } else if (const CLI::App* next = FindCommand(*at, argument)) {
      at = next;
    } else if (const auto names = CommandNames(*at); !names.empty() && argument[0] != '-') {
      if (const auto nearest = NearMiss(argument, names)) {
        return UsageError(absl::StrCat("there is no command `", PathOf(at), " ", argument, "`"),
                          absl::StrCat("did you mean `", PathOf(at), " ", *nearest, "`?"));
      }
    }
  }
  return UsageError(complaint, absl::StrCat("`", PathOf(at), " --help` explains it"));
}

}  // namespace adares::client
