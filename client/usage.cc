// Walks down the commands as far as the arguments name them.
#include "client/usage.h"

#include <CLI/CLI.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/problem.h"
#include "core/near_miss.h"

namespace adares::client {
namespace {

// CLI11's words where a command is missing, whose name it does not know.
constexpr std::string_view kNoCommand = "A subcommand is required";

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (!command->get_name().empty()) names.push_back(command->get_name());
  }
  return names;
}

// Long options of this command and those above it, with their dashes.
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

// The part of an argument that names an option: `--set` of `--set=a=b`, `-o` of `-ojson`.
std::string OptionName(const std::string& argument) {
  return argument.starts_with("--") ? argument.substr(0, argument.find('='))
                                    : argument.substr(0, 2);
}

const CLI::Option* FindOption(const CLI::App* app, const std::string& name) {
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (option->check_name(name)) return option;
    }
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

std::string HelpHint(const CLI::App* app) {
  return absl::StrCat("`", PathOf(app), " --help` explains it");
}

absl::Status UnknownOption(const CLI::App* app, const std::string& name) {
  const auto nearest = NearMiss(name, OptionNames(app));
  return UsageError("there is no option " + name,
                    nearest ? "did you mean " + *nearest + "?" : HelpHint(app));
}

std::string KnownCommands(const CLI::App* app) {
  return absl::StrCat("`", PathOf(app), "` knows ", absl::StrJoin(CommandNames(*app), ", "));
}

absl::Status UnknownCommand(const CLI::App* app, const std::string& word) {
  const auto nearest = NearMiss(word, CommandNames(*app));
  return UsageError(absl::StrCat("there is no command `", PathOf(app), " ", word, "`"),
                    nearest ? absl::StrCat("did you mean `", PathOf(app), " ", *nearest, "`?")
                            : KnownCommands(app));
}

}  // namespace

absl::Status UsageProblem(const CLI::App& app, const std::string& complaint,
                          const std::vector<std::string>& arguments) {
  const CLI::App* at = &app;
  bool is_value = false;  // of the option before it
  for (const std::string& argument : arguments) {
    if (std::exchange(is_value, false)) continue;
    if (argument == "--") break;
    if (argument.starts_with('-') && argument.size() > 1) {
      const std::string name = OptionName(argument);
      const CLI::Option* option = FindOption(at, name);
      if (option == nullptr) return UnknownOption(at, name);
      is_value = option->get_items_expected_min() > 0 && argument == name;
    } else if (const CLI::App* next = FindCommand(*at, argument)) {
      at = next;
    } else if (!CommandNames(*at).empty()) {
      return UnknownCommand(at, argument);
    }
  }
  if (complaint == kNoCommand) {
    return UsageError(absl::StrCat("`", PathOf(at), "` needs a command"), KnownCommands(at));
  }
  return UsageError(complaint, HelpHint(at));
}

std::string ChosenCommand(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return PathOf(at);
}

}  // namespace adares::client
