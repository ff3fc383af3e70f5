#include "tests/torture/call_end.h"

#include <algorithm>

#include "client/exit_code.h"

namespace adares::torture {
namespace {

using client::ExitCode;

bool HasAny(const std::string& text, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(), [&text](const std::string& part) {
    return text.find(part) != std::string::npos;
  });
}

// There was no answer, or the server said that it can give none now.
bool SaysUnreachable(const std::string& errors) {
  return HasAny(errors, {"cannot reach the coordinator", "did not answer within",
                         "the coordinator is stopping", "wait already"});
}

// What gRPC says where a connection ends in the middle of a call, and what becomes of it.
bool SaysBroken(const std::string& errors) {
  return HasAny(errors, {"ended the backup in its middle", "Stream removed", "RST_STREAM"});
}

bool IsPauseOfSweep(const std::vector<std::string>& arguments) {
  return arguments[0] == "sweep" && (arguments[1] == "pause" || arguments[1] == "resume");
}

}  // namespace

bool IsExplained(const CallEnd& call) {
  if (call.end.signal != 0) return false;
  switch (ExitCode{call.end.code}) {
    case ExitCode::kOk:
      return true;
    case ExitCode::kNotFound:  // sweeps and trials are there, workers may not have come yet
      return call.arguments.front() == "worker";
    case ExitCode::kConflict:  // the trial has gone on since it was looked at, the sweep has ended
      return call.arguments[0] == "trial" || IsPauseOfSweep(call.arguments);
    case ExitCode::kUnreachable:
      return SaysUnreachable(call.errors);
    case ExitCode::kUnexpected:
      return call.was_hit && SaysBroken(call.errors);
    case ExitCode::kInterrupted:  // a server that goes down cancels calls in its last moment
      return call.was_hit;
    default:
      return false;
  }
}

Answer AnswerOf(const fixtures::ProgramEnd& end) {
  if (end.signal != 0) return Answer::kNone;
  switch (ExitCode{end.code}) {
    case ExitCode::kOk:
      return Answer::kDone;
    case ExitCode::kNotFound:
    case ExitCode::kConflict:
      return Answer::kRefused;
    default:
      return Answer::kNone;
  }
}

}  // namespace adares::torture
