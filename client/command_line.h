// The command line of `adares`: global options, and the one command that was chosen. Each noun's
// file adds its commands; main parses, then runs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/connection.h"
#include "client/exit_code.h"

namespace CLI {
class App;
}

namespace adares::client {

enum class OutputFormat { kTable, kJson, kCsv };

struct GlobalOptions {
  std::string server = "127.0.0.1:7070";
  bool is_server_given = false;  // by an argument, not by the environment
  OutputFormat output = OutputFormat::kTable;
  double timeout_seconds = 30;
  bool no_color = false;
  bool quiet = false;
};

using Command = std::function<absl::StatusOr<ExitCode>(const GlobalOptions&)>;

struct CommandLine {
  GlobalOptions options;
  Command chosen;  // set while the arguments are parsed
};

void AddSweepCommands(CLI::App& app, CommandLine& line);
void AddTrialCommands(CLI::App& app, CommandLine& line);
// To the commands about trials.
void AddVerifyCommand(CLI::App& trial, CommandLine& line);
void AddCompareCommand(CLI::App& app, CommandLine& line);
void AddWorkerCommands(CLI::App& app, CommandLine& line);
void AddRunCommand(CLI::App& app, CommandLine& line);
void AddDataCommands(CLI::App& app, CommandLine& line);
void AddDbCommands(CLI::App& app, CommandLine& line);
void AddServerCommands(CLI::App& app, CommandLine& line);
void AddDoctorCommand(CLI::App& app, CommandLine& line);
void AddVersionCommand(CLI::App& app, CommandLine& line);

// A connection to the server that the options name; with `signals` its calls can be interrupted.
absl::StatusOr<std::unique_ptr<Connection>> Connect(const GlobalOptions& options,
                                                    Signals* signals = nullptr);

// --timeout.
Timeout TimeoutOf(const GlobalOptions& options);

}  // namespace adares::client
