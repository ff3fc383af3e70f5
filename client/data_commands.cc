// `adares data list`, `verify` and `fetch`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/command_line.h"
#include "client/data_errors.h"
#include "client/data_fetch.h"
#include "client/data_folder.h"
#include "client/data_verify.h"
#include "client/data_view.h"
#include "client/option_values.h"
#include "client/problem.h"
#include "client/words.h"
#include "core/dataset_sources.h"
#include "core/status.h"

namespace adares::client {
namespace {

struct DataOptions {
  std::string data;
  std::vector<std::string> datasets;
  std::string from;
};

absl::Status NeedFolder(const DataOptions& data) {
  if (!data.data.empty()) return absl::OkStatus();
  return UsageError("no folder of data sets is named",
                    "name it with --data DIR or ADARES_DATA_DIR");
}

// Those that are named, each once, in the order of the table.
std::vector<DatasetSource> Chosen(const std::vector<std::string>& names) {
  std::vector<DatasetSource> chosen;
  for (DatasetSource& source : DatasetSources()) {
    if (std::find(names.begin(), names.end(), source.dataset) != names.end()) {
      chosen.push_back(std::move(source));
    }
  }
  return chosen;
}

absl::StatusOr<ExitCode> List(const GlobalOptions& options, const DataOptions& data) {
  const auto found = LookAtFolder(data.data, DatasetSources());
  if (data.data.empty()) {
    Say(options, "no folder of data sets is named; name it with --data DIR or ADARES_DATA_DIR");
  } else if (std::error_code error; !std::filesystem::is_directory(data.data, error)) {
    Say(options, absl::StrCat("there is no folder ", data.data));
  }
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return PresenceJson(found); }, [&] { return PresenceCsv(found); },
      [&](bool color) { return RenderTable(PresenceTable(found), color); }));
  return ExitCode::kOk;
}

// Data sets of which something is there.
std::vector<DatasetSource> Present(const std::string& data) {
  std::vector<DatasetSource> present;
  for (DatasetSource& source : DatasetSources()) {
    const DatasetPresence presence = LookAtSource(data, source);
    if (presence.bytes > 0 || !presence.wrong_size.empty()) present.push_back(std::move(source));
  }
  return present;
}

// The exit code tells the worst.
absl::Status Judge(const std::vector<FileVerdict>& verdicts, const std::string& data) {
  int64_t wrong = 0;
  int64_t missing = 0;
  std::string missing_dataset;
  for (const FileVerdict& verdict : verdicts) {
    wrong += verdict.state == FileVerdict::State::kBroken ||
             verdict.state == FileVerdict::State::kDiffers;
    if (verdict.state != FileVerdict::State::kMissing) continue;
    ++missing;
    missing_dataset = verdict.dataset;
  }
  if (wrong > 0) {
    return WithHint(MakeError(absl::StatusCode::kInternal, reason::kDataInvalid,
                              absl::StrCat(Plural(wrong, "file"), " in ", data,
                                           wrong == 1 ? " is" : " are", " not as published")),
                    "move away what is wrong; `adares data fetch DATASET` brings it again");
  }
  if (missing == 0) return absl::OkStatus();
  return WithHint(
      MakeError(absl::StatusCode::kNotFound, reason::kDataMissing,
                absl::StrCat(Plural(missing, "file"), missing == 1 ? " is" : " are", " missing in ",
                             data)),
      absl::StrCat("`adares data fetch ", missing_dataset, " --data ", data, "` brings them"));
}

absl::StatusOr<ExitCode> Verify(const GlobalOptions& options, const DataOptions& data) {
  ADARES_RETURN_IF_ERROR(NeedFolder(data));
  std::vector<FileVerdict> verdicts;
  for (const DatasetSource& source :
       data.datasets.empty() ? Present(data.data) : Chosen(data.datasets)) {
    for (const DataArchive& archive : source.archives) {
      for (const DataFile& file : archive.files) {
        verdicts.push_back(VerifyFile(data.data, source.dataset, file));
      }
    }
  }
  if (verdicts.empty()) Say(options, "no published data set in " + data.data);
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return VerdictJson(verdicts); }, [&] { return VerdictCsv(verdicts); },
      [&](bool color) { return RenderTable(VerdictTable(verdicts), color); }));
  ADARES_RETURN_IF_ERROR(Judge(verdicts, data.data));
  return ExitCode::kOk;
}

// With a slash at the end.
absl::StatusOr<std::string> BaseAddress(const std::string& from) {
  if (from.empty()) return from;
  for (const char* scheme : {"http://", "https://", "file:///"}) {
    if (from.starts_with(scheme)) return from.ends_with('/') ? from : from + "/";
  }
  return UsageError(absl::StrCat("--from ", from, ": that is no address"),
                    "write http://HOST/PATH/, https://HOST/PATH/ or file:///FOLDER/");
}

absl::StatusOr<ExitCode> Fetch(const GlobalOptions& options, const DataOptions& data) {
  ADARES_RETURN_IF_ERROR(NeedFolder(data));
  FetchRequest request;
  request.data = data.data;
  ADARES_ASSIGN_OR_RETURN(request.from, BaseAddress(data.from));
  request.patience = TimeoutOf(options);
  Signals signals;
  FetchDisplay display({stderr, IsLiveTerminal(stderr), options.quiet});
  std::vector<FetchOutcome> outcomes;
  for (const DatasetSource& source : Chosen(data.datasets)) {
    ADARES_ASSIGN_OR_RETURN(FetchOutcome outcome, FetchDataset(source, request, signals, display));
    outcomes.push_back(std::move(outcome));
  }
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return OutcomeJson(outcomes); }, [&] { return OutcomeCsv(outcomes); },
      [&](bool color) { return RenderTable(OutcomeTable(outcomes), color); }));
  return ExitCode::kOk;
}

using DataCommand = absl::StatusOr<ExitCode> (*)(const GlobalOptions&, const DataOptions&);

CLI::App* AddDataCommand(CLI::App& data, CommandLine& line, const char* name, const char* what,
                         DataCommand run) {
  const auto options = std::make_shared<DataOptions>();
  CLI::App* command = data.add_subcommand(name, what);
  command->add_option("--data", options->data, "Where the data sets are")
      ->type_name("DIR")
      ->envname("ADARES_DATA_DIR");
  if (run != List) {
    std::vector<std::string> names;
    for (const DatasetSource& source : DatasetSources()) names.push_back(source.dataset);
    command
        ->add_option("DATASET", options->datasets,
                     "mnist, fashion-mnist, cifar10 or cifar100; may be several")
        ->check(OneOf(names))
        ->required(run == Fetch);
  }
  if (run == Fetch) {
    command
        ->add_option("--from", options->from,
                     "The address of a folder with the same files: http, https or file")
        ->type_name("URL");
  }
  command->callback([options, run, &line] {
    line.chosen = [options, run](const GlobalOptions& global) { return run(global, *options); };
  });
  return command;
}

}  // namespace

void AddDataCommands(CLI::App& app, CommandLine& line) {
  CLI::App* data = app.add_subcommand("data", "Fetch data sets, and check those that are there");
  data->require_subcommand(1);
  AddDataCommand(*data, line, "list", "List the data sets that trials can use", List)->alias("ls");
  AddDataCommand(*data, line, "verify",
                 "Check forms and checksums; by default of all that is there", Verify);
  AddDataCommand(*data, line, "fetch",
                 "Download, check and unpack data sets; goes on where it was broken off", Fetch);
}

}  // namespace adares::client
