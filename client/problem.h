// Turns an error status into what a person reads, what a program reads, and an exit code.
// Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/exit_code.h"

namespace adares::client {

// What went wrong and the way out of it.
struct Problem {
  ExitCode exit_code = ExitCode::kUnexpected;
  std::string what;
  std::string excerpt;  // the lines of the sweep file that are meant; may be empty
  std::string hint;     // may be empty
};

ExitCode ExitCodeFor(const absl::Status& status);

// What was being done when an error came.
struct Occasion {
  std::string_view server;              // the address that the failed call went to
  std::string_view command = "adares";  // as it was typed, without its arguments
  double timeout_seconds = 0;           // of each call; 0 where none was made
};

Problem DescribeProblem(const absl::Status& status, const Occasion& occasion);

// `error: what`, the excerpt, `hint: ...`, each with a newline.
std::string ProblemText(const Problem& problem);

// `{"error": {...}}` with status, reason, message, metadata, hint and exitCode.
std::string ProblemJson(const absl::Status& status, const Problem& problem);

// The same error with another way out than its reason has by default.
absl::Status WithHint(const absl::Status& status, std::string_view hint);

// Adds the line of `text` that a SPEC_INVALID error names, with a mark under the column.
absl::Status WithExcerpt(const absl::Status& status, std::string_view text);

// INVALID_ARGUMENT: the caller used the program wrongly.
absl::Status UsageError(std::string_view message, std::string_view hint = "");

}  // namespace adares::client
