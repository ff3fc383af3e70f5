#include "server/offline/offline_commands.h"

#include <google/protobuf/util/json_util.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "rpc/convert_admin.h"
#include "server/offline/offline_work.h"

namespace adares {
namespace {

// A line that cannot be written ends the program: nobody listens any more.
void Print(const v1::OfflineEvent& event) {
  std::string line;
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  const auto printed = google::protobuf::util::MessageToJsonString(event, &line, options);
  if (!printed.ok()) line = R"({"error": {"code": 13, "message": "an event cannot be printed"}})";
  line += '\n';
  const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
  if (!written || std::fflush(stdout) != 0) std::exit(EXIT_FAILURE);
}

// The last event: `set` puts the report into it.
template <typename Report, typename Set>
int Finish(absl::StatusOr<Report> report, Set set) {
  v1::OfflineEvent event;
  if (report.ok()) {
    set(event, *std::move(report));
  } else {
    *event.mutable_error() = ToOfflineError(report.status());
  }
  Print(event);
  return report.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int Check(const CheckRequest& request) {
  return Finish(CheckOffline(request, Print), [](v1::OfflineEvent& event, v1::CheckReport report) {
    *event.mutable_checked() = std::move(report);
  });
}

int Restore(const RestoreRequest& request) {
  return Finish(RestoreOffline(request, SystemNow(), Print),
                [](v1::OfflineEvent& event, v1::RestoreReport report) {
                  *event.mutable_restored() = std::move(report);
                });
}

int Migrate(const MigrationRequest& request) {
  return Finish(MigrateOffline(request, SystemNow(), Print),
                [](v1::OfflineEvent& event, v1::MigrationReport report) {
                  *event.mutable_migrated() = std::move(report);
                });
}

}  // namespace

void AddOfflineCommands(CLI::App& app, const std::string& state_dir, std::function<int()>& chosen) {
  app.require_subcommand(0, 1);
  app.fallthrough();  // --state may stand after the command

  const auto check = std::make_shared<CheckRequest>();
  CLI::App* command =
      app.add_subcommand("check", "check the database of a folder that no server uses");
  command->add_flag("--deep", check->deep, "read the files of checkpoints, too");
  command->callback([&, check] {
    chosen = [&, check] {
      check->state_dir = state_dir;
      return Check(*check);
    };
  });

  const auto restore = std::make_shared<RestoreRequest>();
  command = app.add_subcommand("restore", "put a backup into the state folder");
  command->add_option("SRC", restore->source, "the backup")->required();
  command->add_flag("--yes", restore->replace,
                    "replace the database that is there, which is kept beside it");
  command->callback([&, restore] {
    chosen = [&, restore] {
      restore->state_dir = state_dir;
      return Restore(*restore);
    };
  });

  const auto migrate = std::make_shared<MigrationRequest>();
  command = app.add_subcommand("migrate", "bring the database to this program's schema");
  command->add_flag("--dry-run", migrate->dry_run, "only try it, on a copy");
  command->callback([&, migrate] {
    chosen = [&, migrate] {
      migrate->state_dir = state_dir;
      return Migrate(*migrate);
    };
  });
}

}  // namespace adares
