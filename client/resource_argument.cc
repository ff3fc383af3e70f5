// Accepts the full and the short form of each name.
#include "client/resource_argument.h"

#include "absl/strings/str_cat.h"
#include "client/problem.h"
#include "rpc/names.h"

namespace adares::client {
namespace {

bool IsHex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<std::string> SweepArgument(std::string_view text) {
  const std::string resource =
      text.starts_with("sweeps/") ? std::string(text) : SweepResource(text);
  if (ParseSweepResource(resource).ok()) return resource;
  return UsageError(absl::StrCat("\"", std::string(text), "\" is not the name of a sweep"),
                    "names are lower-case letters, digits and hyphens, beginning with a letter; "
                    "`adares sweep list` lists them");
}

absl::StatusOr<std::string> TrialArgument(std::string_view text) {
  std::string resource(text);
  if (!text.starts_with("sweeps/")) {
    const size_t slash = text.find('/');
    resource = slash == std::string_view::npos
                   ? TrialResource("-", text)
                   : TrialResource(text.substr(0, slash), text.substr(slash + 1));
  }
  if (ParseTrialResource(resource).ok()) return resource;
  const bool is_part_of_id = IsHex(text) && text.size() != 12;
  return UsageError(absl::StrCat("\"", std::string(text), "\" is not the name of a trial",
                                 is_part_of_id ? ": its id has 12 hex digits" : ""),
                    "write SWEEP/ID or the 12-digit ID; `adares trial list SWEEP` lists them");
}

absl::StatusOr<std::string> WorkerArgument(std::string_view text) {
  const std::string resource =
      text.starts_with("workers/") ? std::string(text) : WorkerResource(text);
  if (ParseWorkerResource(resource).ok()) return resource;
  return UsageError(absl::StrCat("\"", std::string(text), "\" is not the name of a worker"),
                    "`adares worker list` lists them");
}

std::string ShortName(std::string_view resource) {
  if (const auto trial = ParseTrialResource(resource); trial.ok()) {
    return trial->sweep + "/" + trial->trial;
  }
  if (const auto sweep = ParseSweepResource(resource); sweep.ok()) return *sweep;
  if (const auto worker = ParseWorkerResource(resource); worker.ok()) return *worker;
  return std::string(resource);
}

}  // namespace adares::client
