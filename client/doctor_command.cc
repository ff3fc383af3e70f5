// `adares doctor`: what commonly goes wrong, looked at before it does.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "client/answer.h"
#include "client/child_process.h"
#include "client/command_line.h"
#include "client/diagnosis.h"
#include "client/machine_diagnosis.h"
#include "client/server_diagnosis.h"
#include "client/signals.h"
#include "core/status.h"
#include "core/timestamp.h"

namespace adares::client {
namespace {

absl::StatusOr<ServerAnswers> Ask(const GlobalOptions& options, Signals& signals) {
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options, &signals));
  ServerAnswers answers;
  answers.address = options.server;
  ADARES_ASSIGN_OR_RETURN(answers.health, connection->CheckHealth());
  ADARES_ASSIGN_OR_RETURN(answers.workers, connection->ListWorkers());
  answers.sweeps = connection->ListSweeps();
  answers.asked_at = SystemNow();
  ADARES_ASSIGN_OR_RETURN(answers.info, connection->GetServerInfo());
  answers.answered_at = SystemNow();
  return answers;
}

absl::StatusOr<std::vector<Diagnosis>> DiagnoseCoordinator(const GlobalOptions& options,
                                                           Signals& signals) {
  const absl::StatusOr<ServerAnswers> answers = Ask(options, signals);
  if (absl::IsCancelled(answers.status())) return answers.status();
  if (!answers.ok()) {
    const bool is_named = options.server != GlobalOptions().server || options.is_server_given;
    return std::vector<Diagnosis>{DiagnoseAbsence(answers.status(), options.server, is_named)};
  }
  std::vector<Diagnosis> found = {
      {"coordinator", Diagnosis::Verdict::kOk, options.server + " answers", ""}};
  for (Diagnosis& diagnosis : DiagnoseServer(*answers, ADARES_VERSION)) {
    found.push_back(std::move(diagnosis));
  }
  return found;
}

absl::StatusOr<ExitCode> Examine(const GlobalOptions& options, MachineOptions machine) {
  if (machine.trainer.empty()) machine.trainer = ProgramBeside("adares-trainer");
  Signals signals;
  ADARES_ASSIGN_OR_RETURN(std::vector<Diagnosis> found, DiagnoseCoordinator(options, signals));
  ADARES_ASSIGN_OR_RETURN(std::vector<Diagnosis> here, DiagnoseMachine(machine, signals));
  std::move(here.begin(), here.end(), std::back_inserter(found));
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return DiagnosisJson(found); }, [&] { return DiagnosisCsv(found); },
      [&](bool color) { return DiagnosisText(found, color); }));
  return HasErrors(found) ? ExitCode::kUnsound : ExitCode::kOk;
}

}  // namespace

void AddDoctorCommand(CLI::App& app, CommandLine& line) {
  const auto machine = std::make_shared<MachineOptions>();
  machine->state = "adares-state";
  CLI::App* command =
      app.add_subcommand("doctor", "Look at this machine and the coordinator for what goes wrong");
  command->add_option("--data", machine->data, "Where the data sets are")
      ->type_name("DIR")
      ->envname("ADARES_DATA_DIR");
  command->add_option("--state", machine->state, "Where `adares run` would keep its database")
      ->type_name("DIR")
      ->capture_default_str();
  command
      ->add_option("--trainer", machine->trainer, "The trainer; the one beside adares by default")
      ->type_name("PATH");
  command->callback([machine, &line] {
    line.chosen = [machine](const GlobalOptions& options) { return Examine(options, *machine); };
  });
}

}  // namespace adares::client
