// `adares sweep submit | list | show | watch`.
#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/command_line.h"
#include "client/control_commands.h"
#include "client/follow_sweep.h"
#include "client/problem.h"
#include "client/progress_view.h"
#include "client/resource_argument.h"
#include "client/resource_time.h"
#include "client/signals.h"
#include "client/sweep_file.h"
#include "client/sweep_view.h"
#include "client/words.h"
#include "core/status.h"

namespace adares::client {
namespace {

struct SubmitOptions {
  std::string file;
  std::string name;
  std::vector<std::string> set;
  bool dry_run = false;
  bool wait = false;
};

// Follows the sweep until it is final and returns what it is then. The payload of tables is the
// account of changes itself, so it goes to standard output; with machine formats it goes to
// standard error.
absl::StatusOr<v1::Sweep> Follow(const GlobalOptions& options, Connection& connection,
                                 Signals& signals, const std::string& sweep, bool tells_beginning) {
  std::FILE* stream = options.output == OutputFormat::kTable ? stdout : stderr;
  ProgressDisplay display({stream, IsLiveTerminal(stream), MayColor(stream, options.no_color),
                           IsUtf8Locale(), options.quiet});
  const auto follow = [&]() -> absl::StatusOr<SweepSnapshot> {
    ADARES_ASSIGN_OR_RETURN(const v1::Sweep before, connection.GetSweep(sweep));
    display.Start(TimeOf(before.create_time()));
    FollowParts parts{connection, signals, display};
    parts.tells_beginning = tells_beginning;
    return FollowSweep(parts, sweep);
  };
  auto snapshot = follow();
  if (absl::IsCancelled(snapshot.status())) {
    display.Clear();
    return WithHint(absl::CancelledError("no longer watching; the sweep goes on"),
                    absl::StrCat("watch it again: adares sweep watch ", ShortName(sweep)));
  }
  if (!snapshot.ok()) return snapshot.status();
  return std::move(snapshot->sweep);
}

// What to do next, and the exit code of a sweep that has ended.
ExitCode TellEnd(const GlobalOptions& options, const v1::Sweep& sweep) {
  const std::string name = ShortName(sweep.name());
  if (sweep.state() == v1::Sweep::STATE_SUCCEEDED) {
    Say(options, absl::StrCat("compare: adares compare ", name));
    return ExitCode::kOk;
  }
  if (sweep.trial_counts().failed() > 0) {
    Say(options, absl::StrCat("what failed: adares trial list ", name, " --state failed"));
  }
  return ExitCode::kTrialsFailed;
}

std::string SubmitText(const v1::CreateSweepResponse& response, bool is_dry_run) {
  const v1::Sweep& sweep = response.sweep();
  const std::string name = ShortName(sweep.name());
  if (!response.already_existed()) {
    return absl::StrCat(name, is_dry_run ? " would be created: " : " created: ", SizeText(sweep));
  }
  return absl::StrCat(name, " exists already with the same content; ",
                      is_dry_run ? "submitting it would change nothing, its title, labels and "
                                   "priority neither\n"
                                 : "its title, labels and priority stay as they were\n",
                      DescribeSweep(sweep));
}

// What has become of the request is said where it is not plain.
absl::Status SubmitError(const absl::Status& status, const SubmitOptions& submit,
                         const SweepFile& file) {
  if (absl::IsCancelled(status)) {
    return WithHint(absl::CancelledError("interrupted before the coordinator had answered"),
                    "the sweep may be there or not; the same command makes sure, and never "
                    "creates it twice");
  }
  if (submit.dry_run && ErrorReason(status) == reason::kSweepExists) {
    return WithHint(status,
                    "submitting it would fail like this; give the sweep another name: --name NAME");
  }
  return WithExcerpt(status, file.text);
}

absl::StatusOr<ExitCode> Submit(const GlobalOptions& options, const SubmitOptions& submit) {
  ADARES_ASSIGN_OR_RETURN(const SweepFile file, ReadSweepFile(submit.file));
  ADARES_ASSIGN_OR_RETURN(const auto overrides, ParseOverrides(submit.set, submit.name));
  v1::CreateSweepRequest request = MakeCreateRequest(file, overrides);
  request.set_validate_only(submit.dry_run);
  const bool is_waiting = submit.wait && !submit.dry_run;
  Signals signals;
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options, &signals));
  auto response = connection->CreateSweep(request);
  if (!response.ok()) return SubmitError(response.status(), submit, file);
  v1::Sweep& sweep = *response->mutable_sweep();
  const std::string text = SubmitText(*response, submit.dry_run);
  if (is_waiting) {
    Say(options, text);
    ADARES_ASSIGN_OR_RETURN(sweep, Follow(options, *connection, signals, sweep.name(),
                                          /*tells_beginning=*/false));
  }
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(*response); }, [&] { return SweepCsv({sweep}); },
      [&](bool) { return (is_waiting ? DescribeSweep(sweep) : text) + "\n"; }));
  if (is_waiting) return TellEnd(options, sweep);
  if (submit.dry_run) return ExitCode::kOk;
  // Whoever does not wait would learn late that nothing can run.
  for (const v1::PendingReason& pending : sweep.pending()) {
    Say(options, absl::StrCat("waiting: ", PendingText(pending)));
  }
  Say(options, absl::StrCat("watch: adares sweep watch ", ShortName(sweep.name())));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> List(const GlobalOptions& options) {
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const auto sweeps, connection->ListSweeps());
  ADARES_RETURN_IF_ERROR(AnswerList(options, sweeps, SweepCsv(sweeps),
                                    SweepTable(sweeps, SystemNow()),
                                    "no sweeps yet; submit one: adares sweep submit FILE"));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Show(const GlobalOptions& options, const std::string& name) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, SweepArgument(name));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const v1::Sweep sweep, connection->GetSweep(resource));
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(sweep); }, [&] { return SweepCsv({sweep}); },
      [&](bool color) { return SweepDetails(sweep, SystemNow(), color); }));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Watch(const GlobalOptions& options, const std::string& name) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, SweepArgument(name));
  Signals signals;
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options, &signals));
  ADARES_ASSIGN_OR_RETURN(const v1::Sweep sweep, Follow(options, *connection, signals, resource,
                                                        /*tells_beginning=*/true));
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(sweep); }, [&] { return SweepCsv({sweep}); },
      [&](bool) { return DescribeSweep(sweep) + "\n"; }));
  return TellEnd(options, sweep);
}

void AddSubmit(CLI::App& sweep, CommandLine& line) {
  const auto submit = std::make_shared<SubmitOptions>();
  CLI::App* command = sweep.add_subcommand("submit", "Send a sweep file to the coordinator");
  command->add_option("FILE", submit->file, "The sweep file, YAML or JSON; - for standard input")
      ->required();
  command->add_option("--name", submit->name, "Another name for the sweep than the file's")
      ->type_name("NAME");
  command->add_option("--set", submit->set, "Change the base configuration, e.g. train.epochs=2")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->add_flag("-n,--dry-run", submit->dry_run, "Check and expand only; create nothing");
  command->add_flag("--wait", submit->wait, "Watch until the sweep ends; exit 7 if trials failed");
  command->callback([submit, &line] {
    line.chosen = [submit](const GlobalOptions& options) { return Submit(options, *submit); };
  });
}

using NameCommand = absl::StatusOr<ExitCode> (*)(const GlobalOptions&, const std::string&);

void AddNamed(CLI::App& sweep, CommandLine& line, const char* verb, const char* description,
              NameCommand run) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = sweep.add_subcommand(verb, description);
  command->add_option("NAME", *name, "x or sweeps/x")->required();
  command->callback([name, run, &line] {
    line.chosen = [name, run](const GlobalOptions& options) { return run(options, *name); };
  });
}

}  // namespace

void AddSweepCommands(CLI::App& app, CommandLine& line) {
  CLI::App* sweep =
      app.add_subcommand("sweep", "Submit sweeps, watch, pause, resume, cancel and retry them");
  sweep->require_subcommand(1);
  AddSubmit(*sweep, line);
  sweep->add_subcommand("list", "List sweeps, newest first")->alias("ls")->callback([&line] {
    line.chosen = List;
  });
  AddNamed(*sweep, line, "show", "Show one sweep", Show);
  AddNamed(*sweep, line, "watch", "Show its progress until it ends; exit 7 if trials failed",
           Watch);
  AddSweepControlCommands(*sweep, line);
}

}  // namespace adares::client
