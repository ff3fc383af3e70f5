// `adares version`.
#include <CLI/CLI.hpp>

#include "client/answer.h"
#include "client/command_line.h"
#include "core/status.h"

namespace adares::client {
namespace {

absl::StatusOr<ExitCode> Version(const GlobalOptions& options) {
  const std::string version = ADARES_VERSION;
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return "{\"version\": \"" + version + "\"}\n"; },
      [&] {
        return std::vector<CsvRow>{{"version"}, {version}};
      },
      [&](bool) { return "adares " + version + "\n"; }));
  return ExitCode::kOk;
}

}  // namespace

void AddVersionCommand(CLI::App& app, CommandLine& line) {
  app.add_subcommand("version", "Print the version of this program")->callback([&line] {
    line.chosen = Version;
  });
}

}  // namespace adares::client
