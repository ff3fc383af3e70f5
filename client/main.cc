// `adares`, the command-line client: parses the arguments, runs one command, and turns its result
// into messages and an exit code.
#include <CLI/CLI.hpp>
#include <clocale>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "client/answer.h"
#include "client/command_line.h"
#include "client/option_values.h"
#include "client/problem.h"
#include "client/usage.h"

namespace adares::client {
namespace {

// Read here and not by the parser, for which a variable is as good as an argument.
void ReadEnvironment(GlobalOptions& options) {
  const char* server = std::getenv("ADARES_SERVER");
  if (server != nullptr && *server != '\0') options.server = server;
}

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("-s,--server", options.server,
                 "The coordinator, HOST:PORT or unix:PATH; also ADARES_SERVER")
      ->type_name("ADDRESS")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "-o,--output",
         [&options](const std::string& word) {
           options.output = word == "json"  ? OutputFormat::kJson
                            : word == "csv" ? OutputFormat::kCsv
                                            : OutputFormat::kTable;
         },
         "table, json or csv")
      ->check(OneOf({"table", "json", "csv"}))
      ->type_name("FORMAT");
  app.add_option("--timeout", options.timeout_seconds, "Longest wait for an answer")
      ->type_name("SECONDS")
      ->check(NumberBetween(0.001, 86'400))
      ->capture_default_str();
  app.add_flag("--no-color", options.no_color, "No colours; NO_COLOR does the same");
  app.add_flag("-q,--quiet", options.quiet, "Print results and errors only");
}

void AddCommands(CLI::App& app, CommandLine& line) {
  // Commands take over the footer that is there when they are added.
  app.footer("-o, -q, --server and the other options of every command: adares --help\n");
  app.set_version_flag("--version", "adares " ADARES_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand after the command
  AddGlobalOptions(app, line.options);
  AddRunCommand(app, line);
  AddSweepCommands(app, line);
  AddTrialCommands(app, line);
  AddCompareCommand(app, line);
  AddWorkerCommands(app, line);
  AddDataCommands(app, line);
  AddServerCommands(app, line);
  AddDbCommands(app, line);
  AddDoctorCommand(app, line);
  AddVersionCommand(app, line);
  app.footer(
      "First steps:\n"
      "  adares run examples/quick.yaml          everything on this machine\n"
      "  adares sweep submit sweep.yaml --wait   on a coordinator's workers\n"
      "  adares compare quick                    variants over seeds, with differences\n");
}

int Report(const absl::Status& status, const GlobalOptions& options, const std::string& command) {
  const Problem problem =
      DescribeProblem(status, {options.server, command, options.timeout_seconds});
  WriteAll(stderr, ProblemText(problem));
  // A reader of JSON gets a document in every case, but never two.
  if (options.output == OutputFormat::kJson && !HasPrinted()) {
    WriteAll(stdout, ProblemJson(status, problem));
  }
  return static_cast<int>(problem.exit_code);
}

int Main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");
  // What gRPC has to say about a lost connection, our own messages say better.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  CLI::App app("Runs AdaResNet ablation studies and looks at their results.", "adares");
  CommandLine line;
  AddCommands(app, line);
  ReadEnvironment(line.options);
  if (argc < 2) {
    std::cerr << app.help();
    return static_cast<int>(ExitCode::kUsage);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);  // help or version was asked for
  } catch (const CLI::ParseError& error) {
    return Report(UsageProblem(app, error.what(), {argv + 1, argv + argc}), line.options,
                  app.get_name());
  }
  line.options.is_server_given = app.get_option("--server")->count() > 0;
  const auto result = line.chosen(line.options);
  return result.ok() ? static_cast<int>(*result)
                     : Report(result.status(), line.options, ChosenCommand(app));
}

}  // namespace
}  // namespace adares::client

int main(int argc, char** argv) {
  try {
    return adares::client::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
