// `adares server info` and `adares server health`.
#include <CLI/CLI.hpp>

#include "client/answer.h"
#include "client/command_line.h"
#include "client/server_view.h"
#include "core/status.h"
#include "core/timestamp.h"

namespace adares::client {
namespace {

absl::StatusOr<ExitCode> Info(const GlobalOptions& options) {
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const v1::ServerInfo info, connection->GetServerInfo());
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(info); }, [&] { return ServerInfoCsv(info); },
      [&](bool color) { return ServerInfoText(info, SystemNow(), color); }));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Health(const GlobalOptions& options) {
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ServerHealth server;
  ADARES_ASSIGN_OR_RETURN(server.health, connection->CheckHealth());
  const absl::StatusOr<bool> serving = connection->IsServing();
  if (serving.ok()) {
    server.serving = *serving;
  } else if (!absl::IsUnimplemented(serving.status())) {
    return serving.status();
  }
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return HealthJson(server); }, [&] { return HealthCsv(server); },
      [&](bool color) { return HealthText(server, SystemNow(), color); }));
  return server.IsSound() ? ExitCode::kOk : ExitCode::kUnsound;
}

}  // namespace

void AddServerCommands(CLI::App& app, CommandLine& line) {
  CLI::App* server = app.add_subcommand("server", "Look at the coordinator itself");
  server->require_subcommand(1);
  server->add_subcommand("info", "What it is, what it holds, and its options")->callback([&line] {
    line.chosen = Info;
  });
  server->add_subcommand("health", "Whether it works; the exit code tells scripts")
      ->callback([&line] { line.chosen = Health; });
}

}  // namespace adares::client
