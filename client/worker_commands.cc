// `adares worker list | cordon | uncordon | drain`.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/command_line.h"
#include "client/resource_argument.h"
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

}  // namespace

void AddWorkerCommands(CLI::App& app, CommandLine& line) {
  CLI::App* worker = app.add_subcommand("worker", "Look at workers, set them aside");
  worker->require_subcommand(1);
  worker->add_subcommand("list", "List workers by name")->alias("ls")->callback([&line] {
    line.chosen = List;
  });
  AddCordon(*worker, line, "cordon", "Give it no more trials; what it runs goes on", true);
  AddCordon(*worker, line, "uncordon", "Give it trials again", false);
  AddDrain(*worker, line);
}

}  // namespace adares::client
