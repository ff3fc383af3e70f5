// `adares worker list`.
#include <CLI/CLI.hpp>

#include "client/answer.h"
#include "client/command_line.h"
#include "client/control_commands.h"
#include "client/worker_view.h"
#include "core/status.h"
#include "core/timestamp.h"

namespace adares::client {
namespace {

absl::StatusOr<ExitCode> List(const GlobalOptions& options) {
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const auto workers, connection->ListWorkers());
  ADARES_RETURN_IF_ERROR(
      AnswerList(options, workers, WorkerCsv(workers), WorkerTable(workers, SystemNow()),
                 "no workers yet; start one: adares-worker --server " + options.server));
  const std::string notes = CordonNotes(workers);
  if (!notes.empty() && options.output == OutputFormat::kTable) Say(options, notes);
  return ExitCode::kOk;
}

}  // namespace

void AddWorkerCommands(CLI::App& app, CommandLine& line) {
  CLI::App* worker = app.add_subcommand("worker", "Look at workers, set them aside");
  worker->require_subcommand(1);
  worker->add_subcommand("list", "List workers by name")->alias("ls")->callback([&line] {
    line.chosen = List;
  });
  AddWorkerControlCommands(*worker, line);
}

}  // namespace adares::client
