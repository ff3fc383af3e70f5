// The table of ways out, by reason first and by code where there is no reason.
#include "client/problem.h"

#include <charconv>
#include <map>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "nlohmann/json.hpp"

namespace adares::client {
namespace {

constexpr char kHintKey[] = "hint";
constexpr char kExcerptKey[] = "excerpt";

absl::Status WithMetadata(const absl::Status& status, const std::string& key,
                          std::string_view value) {
  auto metadata = ErrorMetadata(status);
  metadata[key] = std::string(value);
  return MakeError(status.code(), ErrorReason(status), std::string(status.message()), metadata);
}

// Line `wanted` of the text, from 1; empty past the end.
std::string_view LineOf(std::string_view text, int wanted) {
  for (int line = 1;; ++line) {
    const size_t end = text.find('\n');
    std::string_view content = text.substr(0, end);
    if (content.ends_with('\r')) content.remove_suffix(1);
    if (line == wanted) return content;
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

int NumberIn(const std::map<std::string, std::string>& metadata, const std::string& key) {
  const auto entry = metadata.find(key);
  if (entry == metadata.end()) return 0;
  int value = 0;
  const char* end = entry->second.data() + entry->second.size();
  const auto result = std::from_chars(entry->second.data(), end, value);
  return result.ec == std::errc() && result.ptr == end ? value : 0;
}

struct Hint {
  std::string_view reason;
  std::string_view text;
};
constexpr Hint kHints[] = {
    {reason::kSpecInvalid, "nothing was started; correct the file and give the same command again"},
    {reason::kPageTokenInvalid, "the list changed meanwhile; try again"},
    {reason::kSweepNotFound, "`adares sweep list` lists what there is"},
    {reason::kTrialNotFound, "`adares trial list` lists what there is"},
    {reason::kAttemptNotFound, "`adares trial show TRIAL` lists its attempts"},
    {reason::kMetricNotFound,
     "`adares trial metrics TRIAL` lists the keys of a trial; compare reads finished trials"},
    {reason::kSiteNotFound, "`adares trial weights TRIAL` lists the sites of a trial"},
    {reason::kSweepExists,
     "give the sweep another name (--name), or `adares sweep show NAME` to see the existing one"},
    {reason::kStateConflict, "`adares trial show TRIAL` shows the present state"},
    {reason::kLeaseLost,
     "the coordinator gave this work to another worker; nothing needs to be done"},
    {reason::kWorkerUnknown,
     "the coordinator gave this work to another worker; nothing needs to be done"},
    {reason::kWorkerNotFound, "`adares worker list` lists them"},
    {reason::kDatabaseExists, "name another file, or `adares db restore --yes` to replace one"},
    {reason::kBlobNotFound,
     "the trial goes on from an earlier checkpoint; nothing needs to be done"},
    {reason::kBlobMismatch,
     "the file is sent again, or an earlier checkpoint is gone on from; nothing needs to be done"},
    {reason::kUploadMoved, "the worker asks where to go on; nothing needs to be done"},
    {reason::kUploadsExcessive, "see the worker's log: it uploads files that it never reports"},
    {reason::kOverloaded, "wait a moment, or give up what else asks or follows it"},
    {reason::kStorageFull, "free space on the coordinator's disk"},
    {reason::kStorageFailed, "look at the disk under the coordinator's artifacts/"},
    {reason::kRequestIdReused, "take another request_id for each call"},
    {reason::kWorkerNameTaken, "give the worker another --name"},
    {reason::kDraining, "the coordinator is stopping; try again in a moment"},
    {reason::kSchemaMismatch, "the state folder was written by another version of adares-server"},
    {reason::kDatabaseBusy, "try again in a moment"},
    {reason::kDatabaseFull, "free space on the coordinator's disk"},
    {reason::kDatabaseCorrupt, "restore the coordinator's database from a backup"},
    {reason::kDatabaseMissing, "name the folder that an adares-server was started with"},
    {reason::kStateFolderInUse,
     "stop what uses it; a server that runs is asked by `adares db check` and `adares db backup` "
     "without --state"},
    {reason::kMaintenanceBusy, "try again once they are done"},
};

std::string HintForReason(std::string_view reason, const Occasion& occasion) {
  if (reason == reason::kArgumentInvalid) {
    return absl::StrCat("`", std::string(occasion.command), " --help` shows the forms");
  }
  for (const Hint& hint : kHints) {
    if (hint.reason == reason) return std::string(hint.text);
  }
  return "";
}

std::string HintForCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return "start one with `adares-server --state DIR` (what `adares run` left is such a DIR)";
    case absl::StatusCode::kDeadlineExceeded:
      return "raise --timeout, or see the coordinator's log";
    case absl::StatusCode::kUnimplemented:
      return "is that another version of adares-server, or another program?";
    case absl::StatusCode::kResourceExhausted:
      return "the coordinator has no room; wait, or ask for less";
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return "ask the coordinator's operator for access";
    default:
      return "";
  }
}

// The last cause in gRPC's chain: "... last error: UNKNOWN: ipv4:127.0.0.1:1: Connection refused".
std::string LastCause(const std::string& message) {
  const size_t at = message.rfind(": ");
  return at == std::string::npos ? message : message.substr(at + 2);
}

std::string WaitText(double seconds) {
  return seconds > 0 ? absl::StrCat(" within ", seconds, " s") : " in time";
}

std::string What(const absl::Status& status, const Occasion& occasion) {
  const std::string message(status.message());
  const std::string server(occasion.server);
  if (!ErrorReason(status).empty()) return message;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("cannot reach the coordinator at ", server, ": ", LastCause(message));
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StrCat("the coordinator at ", server, " did not answer",
                          WaitText(occasion.timeout_seconds));
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat("the program at ", server, " does not know this call");
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return absl::StrCat(message.empty() ? "unknown error" : message);
    default:
      return message.empty() ? std::string(absl::StatusCodeToString(status.code())) : message;
  }
}

}  // namespace

ExitCode ExitCodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return ExitCode::kUsage;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return ExitCode::kDenied;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return ExitCode::kConflict;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return ExitCode::kUnreachable;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kUnexpected;
  }
}

Problem DescribeProblem(const absl::Status& status, const Occasion& occasion) {
  const auto metadata = ErrorMetadata(status);
  Problem problem;
  problem.exit_code = ExitCodeFor(status);
  problem.what = What(status, occasion);
  if (const auto excerpt = metadata.find(kExcerptKey); excerpt != metadata.end()) {
    problem.excerpt = excerpt->second;
  }
  if (const auto hint = metadata.find(kHintKey); hint != metadata.end()) {
    problem.hint = hint->second;
  } else {
    const std::string reason = ErrorReason(status);
    problem.hint = reason.empty() ? HintForCode(status.code()) : HintForReason(reason, occasion);
  }
  return problem;
}

std::string ProblemText(const Problem& problem) {
  // Whoever interrupts knows that it is no error.
  const char* title = problem.exit_code == ExitCode::kInterrupted ? "" : "error: ";
  std::string text = absl::StrCat(title, problem.what, "\n", problem.excerpt);
  if (!problem.hint.empty()) absl::StrAppend(&text, "hint: ", problem.hint, "\n");
  return text;
}

std::string ProblemJson(const absl::Status& status, const Problem& problem) {
  auto metadata = ErrorMetadata(status);
  metadata.erase(kHintKey);
  metadata.erase(kExcerptKey);
  const nlohmann::ordered_json document = {
      {"error",
       {{"status", std::string(absl::StatusCodeToString(status.code()))},
        {"reason", ErrorReason(status)},
        {"message", problem.what},
        {"metadata", metadata},
        {"hint", problem.hint},
        {"exitCode", static_cast<int>(problem.exit_code)}}}};
  return document.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

absl::Status WithHint(const absl::Status& status, std::string_view hint) {
  return status.ok() ? status : WithMetadata(status, kHintKey, hint);
}

absl::Status WithExcerpt(const absl::Status& status, std::string_view text) {
  const auto metadata = ErrorMetadata(status);
  const int line = NumberIn(metadata, "line");
  const int column = NumberIn(metadata, "column");
  if (status.ok() || line < 1 || column < 1) return status;
  const std::string_view content = LineOf(text, line);
  if (content.empty() || content.size() > 200) return status;
  const std::string number = absl::StrCat("  ", line);
  // Tabs stay tabs, so that the mark stands under its column whatever their width.
  std::string indent(content.substr(0, static_cast<size_t>(column) - 1));
  for (char& c : indent) c = c == '\t' ? '\t' : ' ';
  return WithMetadata(status, kExcerptKey,
                      absl::StrCat(number, " | ", std::string(content), "\n",
                                   std::string(number.size(), ' '), " | ", indent, "^\n"));
}

absl::Status UsageError(std::string_view message, std::string_view hint) {
  absl::Status status =
      MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid, message);
  return hint.empty() ? status : WithHint(status, hint);
}

}  // namespace adares::client
