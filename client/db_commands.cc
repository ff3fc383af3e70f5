// `adares db backup`, `check`, `prune`, `restore` and `migrate`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/backup_file.h"
#include "client/command_line.h"
#include "client/database_view.h"
#include "client/offline_program.h"
#include "client/problem.h"
#include "client/signals.h"
#include "client/task_display.h"
#include "client/words.h"
#include "core/duration_text.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "rpc/convert_admin.h"

namespace adares::client {
namespace {

using Clock = TaskDisplay::Clock;

struct DbOptions {
  std::string file;  // of a backup
  std::string state;
  std::string older_than;
  bool dry_run = false;
  bool yes = false;
  bool deep = false;
};

// --- Backup -------------------------------------------------------------------------------------

// Takes the messages of a backup in their order.
class BackupReceiver {
 public:
  BackupReceiver(BackupFile& file, TaskDisplay& display) : file_(file), display_(display) {}

  absl::Status Take(const v1::BackupDatabaseResponse& message) {
    if (message.has_progress()) {
      ShowProgress(message.progress());
    } else if (message.has_header()) {
      summary_.header = message.header();
      display_.Step("receiving", Clock::now());
    } else if (message.has_end()) {
      summary_.sha256 = message.end().sha256();
    } else {
      ADARES_RETURN_IF_ERROR(file_.Append(message.chunk()));
      display_.Update(file_.size(), summary_.header.bytes(), Clock::now());
    }
    return absl::OkStatus();
  }

  // After the last message.
  absl::Status Finish() {
    if (summary_.sha256.empty()) {
      return absl::DataLossError("the coordinator ended the backup in its middle; try again");
    }
    return file_.Finish(summary_.header.bytes(), summary_.sha256);
  }

  const BackupSummary& summary() const { return summary_; }

 private:
  void ShowProgress(const v1::BackupProgress& progress) {
    const bool verifies = progress.phase() == v1::BackupProgress::PHASE_VERIFYING;
    display_.Step(verifies ? "verifying the copy" : "copying", Clock::now());
    if (!verifies) display_.Update(progress.done_bytes(), progress.total_bytes(), Clock::now());
  }

  BackupFile& file_;
  TaskDisplay& display_;
  BackupSummary summary_;
};

absl::StatusOr<ExitCode> Backup(const GlobalOptions& options, const DbOptions& db) {
  Signals signals;
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options, &signals));
  ADARES_ASSIGN_OR_RETURN(const auto file, BackupFile::Begin(db.file));
  TaskDisplay display(options);
  BackupReceiver receiver(*file, display);
  absl::Status status = connection->BackupDatabase(
      [&](const v1::BackupDatabaseResponse& message) { return receiver.Take(message); });
  if (status.ok()) status = receiver.Finish();
  display.Clear();
  ADARES_RETURN_IF_ERROR(status);
  BackupSummary summary = receiver.summary();
  summary.path = db.file;
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return BackupJson(summary); }, [&] { return BackupCsv(summary); },
      [&](bool) { return BackupText(summary); }));
  return ExitCode::kOk;
}

// --- Check --------------------------------------------------------------------------------------

void TakeCheck(const v1::CheckDatabaseResponse& message, TaskDisplay& display,
               std::vector<v1::CheckResult>& checks) {
  if (message.has_result()) {
    checks.push_back(message.result());
  } else if (message.has_progress()) {
    display.Update(message.progress().done_bytes(), message.progress().total_bytes(), Clock::now());
  } else {
    display.Step(absl::StrCat("checking ", message.begun()), Clock::now());
  }
}

absl::Status CheckRunning(const GlobalOptions& options, bool deep, Signals& signals,
                          TaskDisplay& display, std::vector<v1::CheckResult>& checks) {
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options, &signals));
  v1::CheckDatabaseRequest request;
  request.set_deep(deep);
  return connection->CheckDatabase(request, [&](const v1::CheckDatabaseResponse& message) {
    TakeCheck(message, display, checks);
    return absl::OkStatus();
  });
}

// What offline work tells before its report.
void TakeEvent(const v1::OfflineEvent& event, TaskDisplay& display,
               std::vector<v1::CheckResult>& checks) {
  if (event.has_check()) {
    TakeCheck(event.check(), display, checks);
  } else if (event.has_progress()) {
    display.Update(event.progress().done_bytes(), event.progress().total_bytes(), Clock::now());
  } else {
    display.Step(event.step(), Clock::now());
  }
}

absl::Status CheckFolder(const DbOptions& db, Signals& signals, TaskDisplay& display,
                         std::vector<v1::CheckResult>& checks) {
  std::vector<std::string> arguments = {"check", "--state", db.state};
  if (db.deep) arguments.emplace_back("--deep");
  const auto each = [&](const v1::OfflineEvent& event) { TakeEvent(event, display, checks); };
  return RunOffline(arguments, signals, each).status();
}

// A restore would not bring them back: no backup has them.
bool OnlyFilesFailed(const std::vector<v1::CheckResult>& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const v1::CheckResult& check) {
    return check.outcome() != v1::CheckResult::OUTCOME_FAILED || check.check() == "blobs";
  });
}

absl::StatusOr<ExitCode> Check(const GlobalOptions& options, const DbOptions& db) {
  Signals signals;
  TaskDisplay display(options);
  std::vector<v1::CheckResult> checks;
  const absl::Status status = db.state.empty()
                                  ? CheckRunning(options, db.deep, signals, display, checks)
                                  : CheckFolder(db, signals, display, checks);
  display.Clear();
  ADARES_RETURN_IF_ERROR(status);
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return CheckJson(checks); }, [&] { return CheckCsv(checks); },
      [&](bool color) { return CheckText(checks, color); }));
  if (FailedChecks(checks) == 0) return ExitCode::kOk;
  Say(options, OnlyFilesFailed(checks)
                   ? "the database is sound, and files of checkpoints are not as they should be: "
                     "copy them into artifacts/ of the state folder if you have them; without them "
                     "trials go on from earlier checkpoints or from scratch"
                   : "something is wrong with the database; keep a copy of the state folder, and "
                     "restore a backup that passes: adares db restore");
  return ExitCode::kUnsound;
}

// --- Prune --------------------------------------------------------------------------------------

absl::StatusOr<v1::PruneDatabaseRequest> PruneRequestOf(const DbOptions& db) {
  const absl::StatusOr<Duration> older_than = ParseDuration(db.older_than);
  if (!older_than.ok()) {
    return UsageError(absl::StrCat("--older-than: ", Quoted(db.older_than), " ",
                                   std::string(older_than.status().message())));
  }
  v1::PruneDatabaseRequest request;
  *request.mutable_older_than() = ToProto(*older_than);
  request.set_validate_only(db.dry_run);
  return request;
}

absl::StatusOr<ExitCode> Prune(const GlobalOptions& options, const DbOptions& db) {
  ADARES_ASSIGN_OR_RETURN(const auto request, PruneRequestOf(db));
  Signals signals;
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options, &signals));
  TaskDisplay display(options);
  v1::PruneDatabaseResponse last;
  const absl::Status status =
      connection->PruneDatabase(request, [&](const v1::PruneDatabaseResponse& message) {
        last = message;
        display.Step(db.dry_run ? "counting" : "deleting", Clock::now());
        display.Update(Plural(Rows(message.counts()), "row"), Clock::now());
        return absl::OkStatus();
      });
  display.Clear();
  ADARES_RETURN_IF_ERROR(status);
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(last); }, [&] { return PruneCsv(last.counts()); },
      [&](bool color) { return PruneText(last.counts(), color); }));
  Say(options, db.dry_run ? "this would be deleted; nothing was"
                          : "deleted; the file stays as large as it is, and new rows use the room");
  return ExitCode::kOk;
}

// --- Restore and migrate ------------------------------------------------------------------------

// The checks of rows do not hinder; they are told.
void TellFindings(const GlobalOptions& options, const std::vector<v1::CheckResult>& checks) {
  if (FailedChecks(checks) == 0) return;
  Say(options, "warning: its rows do not follow all rules\n" + CheckText(checks, false));
}

absl::StatusOr<v1::OfflineEvent> RunWithDisplay(const GlobalOptions& options,
                                                const std::vector<std::string>& arguments) {
  Signals signals;
  TaskDisplay display(options);
  std::vector<v1::CheckResult> checks;
  auto report = RunOffline(arguments, signals, [&](const v1::OfflineEvent& event) {
    TakeEvent(event, display, checks);
  });
  display.Clear();
  TellFindings(options, checks);
  return report;
}

absl::StatusOr<ExitCode> Restore(const GlobalOptions& options, const DbOptions& db) {
  std::vector<std::string> arguments = {"restore", db.file, "--state", db.state};
  if (db.yes) arguments.emplace_back("--yes");
  const auto event = RunWithDisplay(options, arguments);
  if (ErrorReason(event.status()) == reason::kDatabaseExists) {
    return WithHint(event.status(),
                    "--yes replaces it; what is there is kept beside it, as "
                    "adares.db.replaced-TIME");
  }
  ADARES_RETURN_IF_ERROR(event.status());
  const v1::RestoreReport& report = event->restored();
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(report); }, [&] { return RestoreCsv(report); },
      [&](bool) { return RestoreText(report, db.state); }));
  Say(options,
      "a backup has no files of checkpoints: copy artifacts/ into the state folder if you have it; "
      "adares db check tells what is missing");
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Migrate(const GlobalOptions& options, const DbOptions& db) {
  std::vector<std::string> arguments = {"migrate", "--state", db.state};
  if (db.dry_run) arguments.emplace_back("--dry-run");
  ADARES_ASSIGN_OR_RETURN(const v1::OfflineEvent event, RunWithDisplay(options, arguments));
  const v1::MigrationReport& report = event.migrated();
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(report); }, [&] { return MigrationCsv(report); },
      [&](bool color) { return MigrationText(report, color); }));
  return ExitCode::kOk;
}

using DbCommand = absl::StatusOr<ExitCode> (*)(const GlobalOptions&, const DbOptions&);

// The options are the caller's to add.
CLI::App* AddDbCommand(CLI::App& db, CommandLine& line, const char* name, const char* what,
                       DbCommand run, const std::shared_ptr<DbOptions>& options) {
  CLI::App* command = db.add_subcommand(name, what);
  command->callback([options, run, &line] {
    line.chosen = [options, run](const GlobalOptions& global) { return run(global, *options); };
  });
  return command;
}

CLI::Option* AddState(CLI::App& command, DbOptions& options) {
  return command
      .add_option("--state", options.state, "The state folder of a server that does not run")
      ->type_name("DIR");
}

}  // namespace

void AddDbCommands(CLI::App& app, CommandLine& line) {
  CLI::App* db = app.add_subcommand("db", "Back up, check and look after a database");
  db->require_subcommand(1);
  const auto options = std::make_shared<DbOptions>();

  CLI::App* backup = AddDbCommand(*db, line, "backup", "Copy a running server's database to a file",
                                  Backup, options);
  backup->add_option("DEST", options->file, "The file to make, on this machine")->required();

  CLI::App* check =
      AddDbCommand(*db, line, "check",
                   "Check the database of a running server, or of a state folder", Check, options);
  AddState(*check, *options);
  check->add_flag("--deep", options->deep,
                  "Read all files of checkpoints, too, and compare their SHA-256 with their names");

  CLI::App* prune =
      AddDbCommand(*db, line, "prune",
                   "Delete old log lines, superseded rows and needless checkpoints; never results",
                   Prune, options);
  prune
      ->add_option("--older-than", options->older_than,
                   "How long ago their attempts ended: 30d, 12h, 2w")
      ->type_name("TIME")
      ->required();
  prune->add_flag("-n,--dry-run", options->dry_run, "Only say what would be deleted");

  CLI::App* restore =
      AddDbCommand(*db, line, "restore", "Put a backup into a state folder", Restore, options);
  restore->add_option("SRC", options->file, "The backup")->required();
  AddState(*restore, *options)->required();
  restore->add_flag("-y,--yes", options->yes,
                    "Replace the database that is there; it is kept beside it");

  CLI::App* migrate =
      AddDbCommand(*db, line, "migrate", "Bring a state folder's database to this version's schema",
                   Migrate, options);
  AddState(*migrate, *options)->required();
  migrate->add_flag("-n,--dry-run", options->dry_run, "Only try it, on a copy");
}

}  // namespace adares::client
