#include "client/machine_diagnosis.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/child_process.h"
#include "client/number_format.h"
#include "client/scratch_folder.h"
#include "client/server_diagnosis.h"
#include "core/dataset_sources.h"
#include "core/status.h"
#include "core/volume.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;
using Verdict = Diagnosis::Verdict;

constexpr size_t kManyLines = 10'000;
constexpr size_t kLinesShown = 3;

// A program that was run to its end.
struct Run {
  bool succeeded = false;
  std::string end;  // "with exit code 1"
  std::vector<std::string> lines;
};

absl::StatusOr<Run> RunToItsEnd(const std::string& program,
                                const std::vector<std::string>& arguments,
                                const MachineOptions& options, Signals& signals) {
  const ScratchFolder scratch;
  if (scratch.path().empty()) return absl::InternalError("cannot make a temporary folder");
  ADARES_ASSIGN_OR_RETURN(ChildProcess child,
                          ChildProcess::Start({program, arguments, scratch.path() + "/log"}));
  const auto deadline = std::chrono::steady_clock::now() + options.patience;
  while (!child.HasEnded()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return absl::DeadlineExceededError(
          absl::StrCat("it has not ended after ", ShowDuration(options.patience)));
    }
    if (signals.Wait(left).interrupt) return absl::CancelledError("interrupted");
  }
  return Run{child.Succeeded(), child.EndText(), child.LastLines(kManyLines)};
}

bool CanRun(const std::string& program) { return access(program.c_str(), X_OK) == 0; }

Diagnosis DiagnosePrograms() {
  std::vector<std::string> missing;
  for (const char* program : {"adares-server", "adares-worker"}) {
    if (!CanRun(ProgramBeside(program))) missing.emplace_back(program);
  }
  if (missing.empty()) return {"programs", Verdict::kOk, "adares-server, adares-worker", ""};
  return {"programs", Verdict::kWarning,
          absl::StrCat(absl::StrJoin(missing, " and "), " not beside this program"),
          "install them here: `adares run` and work on state folders need them"};
}

absl::StatusOr<Diagnosis> DiagnoseTrainer(const MachineOptions& options, Signals& signals) {
  if (!CanRun(options.trainer)) {
    return Diagnosis{"trainer", Verdict::kWarning, options.trainer + " is not there",
                     "install it here if this machine is to train; it needs LibTorch"};
  }
  const auto run = RunToItsEnd(options.trainer, {"--version"}, options, signals);
  const std::string way_out = "repair it; what it needs is in docs/operations.md";
  if (absl::IsCancelled(run.status())) return run.status();
  if (!run.ok()) {
    return Diagnosis{"trainer", Verdict::kError,
                     absl::StrCat(options.trainer, ": ", std::string(run.status().message())),
                     way_out};
  }
  if (run->succeeded) {
    return Diagnosis{"trainer", Verdict::kOk, run->lines.empty() ? "starts" : run->lines.back(),
                     ""};
  }
  const size_t skipped = run->lines.size() - std::min(run->lines.size(), kLinesShown);
  return Diagnosis{
      "trainer", Verdict::kError,
      absl::StrCat(options.trainer, " ended ", run->end, ": ",
                   absl::StrJoin(run->lines.begin() + static_cast<std::ptrdiff_t>(skipped),
                                 run->lines.end(), "; ")),
      way_out};
}

// The loader lists what it would load, and runs nothing.
absl::StatusOr<Diagnosis> DiagnoseTrainersBlas(const MachineOptions& options, Signals& signals) {
  const auto run =
      RunToItsEnd("/usr/bin/env", {"LD_TRACE_LOADED_OBJECTS=1", options.trainer}, options, signals);
  if (absl::IsCancelled(run.status())) return run.status();
  if (!run.ok() || !run->succeeded) {
    return Diagnosis{"linear algebra", Verdict::kSkipped, "the loader does not tell what is loaded",
                     ""};
  }
  std::vector<std::string> files;
  for (const std::string& file : BlasFiles(run->lines)) {
    std::error_code error;
    const fs::path real = fs::canonical(file, error);
    files.push_back(error ? file : real.string());
  }
  return DiagnoseBlas(files);
}

// The nearest folder above that is there.
std::string ExistingPart(const std::string& path) {
  std::error_code error;
  fs::path part = fs::absolute(path, error);
  while (!fs::exists(part, error) && part.has_relative_path()) part = part.parent_path();
  return part.string();
}

std::vector<Diagnosis> DiagnoseState(const std::string& state) {
  const std::string place = ExistingPart(state);
  const auto volume = VolumeOf(place);
  if (!volume.ok()) {
    return {{"local folder", Verdict::kWarning, std::string(volume.status().message()),
             "name another one with --state"}};
  }
  return DiagnoseVolume("local", place, *volume, 0);
}

}  // namespace

std::vector<std::string> BlasFiles(const std::vector<std::string>& loader_lines) {
  std::vector<std::string> files;
  for (const std::string& line : loader_lines) {
    const size_t arrow = line.find(" => ");
    const size_t end = line.rfind(" (");
    if (arrow == std::string::npos || end == std::string::npos || end < arrow) continue;
    const std::string name = line.substr(0, arrow);
    for (const char* part : {"blas", "lapack", "mkl", "blis", "atlas"}) {
      if (name.find(part) == std::string::npos) continue;
      files.push_back(line.substr(arrow + 4, end - arrow - 4));
      break;
    }
  }
  return files;
}

Diagnosis DiagnoseBlas(const std::vector<std::string>& libraries) {
  const char* check = "linear algebra";
  std::set<std::string> kinds;
  for (const std::string& path : libraries) {
    bool is_known = false;
    for (const char* kind :
         {"openblas-openmp", "openblas-pthread", "openblas-serial", "mkl", "blis", "atlas"}) {
      if (path.find(kind) == std::string::npos) continue;
      kinds.insert(kind);
      is_known = true;
    }
    if (!is_known) kinds.insert("reference");
  }
  const std::string what = absl::StrJoin(kinds, ", ");
  if (kinds.empty()) return {check, Verdict::kOk, "the trainer brings its own", ""};
  if (kinds.contains("openblas-pthread")) {
    return {check, Verdict::kWarning, what + ": its threads fight with OpenMP's over the cores",
            "apt-get install libopenblas0-openmp && apt-get remove libopenblas0-pthread"};
  }
  if (kinds.contains("reference")) {
    return {check, Verdict::kWarning, what + ": thirty times slower than OpenBLAS",
            "apt-get install libopenblas0-openmp"};
  }
  if (kinds.size() > 1) {
    return {check, Verdict::kWarning, what + ": two of them in one process",
            "let update-alternatives choose one for libblas.so.3 and liblapack.so.3"};
  }
  return {check, Verdict::kOk, what, ""};
}

Diagnosis DiagnoseData(const std::string& folder, bool exists,
                       const std::vector<DatasetPresence>& found) {
  if (folder.empty()) {
    return {"data sets", Verdict::kSkipped,
            "no folder is named, with --data or ADARES_DATA_DIR: synthetic data alone", ""};
  }
  if (!exists) {
    return {"data sets", Verdict::kError, "there is no folder " + folder,
            "name the one with the data sets with --data or ADARES_DATA_DIR"};
  }
  std::vector<std::string> complete;
  std::vector<std::string> broken;
  for (const DatasetPresence& presence : found) {
    if (presence.state == DatasetPresence::State::kComplete) complete.push_back(presence.dataset);
    if (presence.state == DatasetPresence::State::kIncomplete) broken.push_back(presence.dataset);
  }
  const std::string what =
      absl::StrCat(folder, ": ", complete.empty() ? "no data set" : absl::StrJoin(complete, ", "),
                   broken.empty() ? "" : "; incomplete: " + absl::StrJoin(broken, ", "));
  if (complete.empty() || !broken.empty()) {
    return {"data sets", Verdict::kWarning, what,
            absl::StrCat("adares data fetch ", broken.empty() ? "DATASET" : broken.front(),
                         " --data ", folder)};
  }
  return {"data sets", Verdict::kOk, what, ""};
}

absl::StatusOr<std::vector<Diagnosis>> DiagnoseMachine(const MachineOptions& options,
                                                       Signals& signals) {
  std::vector<Diagnosis> found = {DiagnosePrograms()};
  ADARES_ASSIGN_OR_RETURN(found.emplace_back(), DiagnoseTrainer(options, signals));
  if (CanRun(options.trainer)) {
    ADARES_ASSIGN_OR_RETURN(found.emplace_back(), DiagnoseTrainersBlas(options, signals));
  }
  std::error_code ignored;
  found.push_back(DiagnoseData(options.data, fs::is_directory(options.data, ignored),
                               LookAtFolder(options.data, DatasetSources())));
  for (Diagnosis& diagnosis : DiagnoseState(options.state)) found.push_back(std::move(diagnosis));
  return found;
}

}  // namespace adares::client
