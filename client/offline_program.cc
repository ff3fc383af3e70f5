#include "client/offline_program.h"

#include <google/protobuf/util/json_util.h>

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/child_process.h"
#include "client/growing_file.h"
#include "client/problem.h"
#include "client/scratch_folder.h"
#include "core/status.h"
#include "rpc/convert_admin.h"

namespace adares::client {
namespace {

constexpr char kProgram[] = "adares-server";
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr size_t kLogLines = 10;

// nullopt for a line that is no event: what the program says for people.
std::optional<v1::OfflineEvent> ParseEvent(const std::string& line) {
  v1::OfflineEvent event;
  if (!line.starts_with('{')) return std::nullopt;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // of a newer program
  if (!google::protobuf::util::JsonStringToMessage(line, &event, options).ok()) return std::nullopt;
  return event;
}

bool IsLast(const v1::OfflineEvent& event) {
  return event.has_checked() || event.has_migrated() || event.has_restored() || event.has_error();
}

absl::Status CannotStart(const absl::Status& status) {
  if (!absl::IsNotFound(status)) return status;
  return WithHint(
      status, absl::StrCat("work on a folder is done by ", kProgram, ": install it beside adares"));
}

}  // namespace

absl::StatusOr<v1::OfflineEvent> RunOffline(
    const std::vector<std::string>& arguments, Signals& signals,
    const std::function<void(const v1::OfflineEvent&)>& each) {
  const ScratchFolder scratch;
  if (scratch.path().empty())
    return absl::InternalError("cannot make a folder for temporary files");
  const std::string log = scratch.path() + "/log";
  auto program = ChildProcess::Start({ProgramBeside(kProgram), arguments, log});
  if (!program.ok()) return CannotStart(program.status());
  GrowingFile lines(log);
  std::optional<v1::OfflineEvent> last;
  for (bool ended = false; !ended;) {
    if (signals.Wait(kLookEvery).interrupt) return absl::CancelledError("interrupted");
    ended = program->HasEnded();  // before the last look
    for (const std::string& line : lines.NewLines()) {
      std::optional<v1::OfflineEvent> event = ParseEvent(line);
      if (!event) continue;
      if (IsLast(*event)) {
        last = std::move(event);
      } else {
        each(*event);
      }
    }
  }
  if (last && last->has_error()) return FromOfflineError(last->error());
  if (last) return *std::move(last);
  return absl::InternalError(absl::StrCat(kProgram, " ended ", program->EndText(), ": ",
                                          absl::StrJoin(program->LastLines(kLogLines), "\n  | ")));
}

}  // namespace adares::client
