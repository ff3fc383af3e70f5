// Events and log lines of the trainer come in one file, which is read as it grows.
#include "client/repetition.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/child_process.h"
#include "client/growing_file.h"
#include "client/problem.h"
#include "client/scratch_folder.h"
#include "core/status.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;
using trainer_protocol::EndEvent;
using trainer_protocol::StartEvent;

constexpr std::chrono::milliseconds kLookEvery{200};
constexpr size_t kLogLines = 15;

std::vector<std::string> Arguments(const RepetitionOptions& options, const std::string& spec) {
  std::vector<std::string> arguments = {"--spec", spec, "--device", options.device};
  if (!options.threads.empty()) arguments.insert(arguments.end(), {"--threads", options.threads});
  if (options.keeps_dead_taps) arguments.emplace_back("--keep-dead-taps");
  if (options.deterministic) arguments.emplace_back("--deterministic");
  if (!options.data.empty()) arguments.insert(arguments.end(), {"--data", options.data});
  return arguments;
}

// Sorts the trainer's lines into events and log.
class Listener {
 public:
  Listener(const std::function<bool(const StartEvent&)>& goes_on,
           const std::function<void(const std::string&)>& line)
      : goes_on_(goes_on), line_(line) {}

  // What comes after a refusal was trained before the trainer could be stopped.
  void Take(const std::string& text) {
    if (is_refused_) return;
    const auto event = trainer_protocol::ParseEvent(text);
    if (!event.ok()) return line_(text);
    if (const auto* start = std::get_if<StartEvent>(&*event)) {
      start_ = *start;
      is_refused_ = !goes_on_(*start);
    }
    if (const auto* end = std::get_if<EndEvent>(&*event)) end_ = *end;
  }

  bool is_refused() const { return is_refused_; }
  const StartEvent& start() const { return start_; }
  const std::optional<EndEvent>& end() const { return end_; }

 private:
  const std::function<bool(const StartEvent&)>& goes_on_;
  const std::function<void(const std::string&)>& line_;
  bool is_refused_ = false;
  StartEvent start_;
  std::optional<EndEvent> end_;
};

}  // namespace

absl::StatusOr<Repetition> Repeat(const RepetitionOptions& options, Signals& signals,
                                  const std::function<bool(const StartEvent&)>& goes_on,
                                  const std::function<void(const std::string&)>& line) {
  const ScratchFolder scratch;
  const std::string spec = scratch.path() + "/trial.json";
  const std::string log = scratch.path() + "/log";
  if (scratch.path().empty() || !(std::ofstream(spec) << options.spec_json).flush()) {
    return absl::InternalError(
        absl::StrCat("cannot write a file in ", fs::temp_directory_path().string()));
  }
  ADARES_ASSIGN_OR_RETURN(
      ChildProcess trainer,
      ChildProcess::Start({ProgramBeside("adares-trainer"), Arguments(options, spec), log}));
  // By hand a trial is called as the file that it was read from, which means nothing to anybody.
  const auto named = [&](const std::string& text) {
    return absl::StrReplaceAll(text, {{spec, options.trial}});
  };
  Listener listener(goes_on, line);
  GrowingFile lines(log);
  for (bool ended = false; !ended;) {
    if (signals.Wait(kLookEvery).interrupt) return absl::CancelledError("interrupted");
    ended = trainer.HasEnded();  // before the last look
    for (const std::string& text : lines.NewLines()) listener.Take(named(text));
    if (listener.is_refused()) return Repetition{listener.start(), {EndReason::kCancelled, ""}};
  }
  if (listener.end()) return Repetition{listener.start(), *listener.end()};
  return absl::InternalError(
      absl::StrCat("adares-trainer ended ", trainer.EndText(), ": ",
                   named(absl::StrJoin(trainer.LastLines(kLogLines), "\n  | "))));
}

}  // namespace adares::client
