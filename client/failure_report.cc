// The newest attempt speaks for the trial.
#include "client/failure_report.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "client/progress_view.h"
#include "client/resource_argument.h"
#include "client/text_width.h"
#include "client/words.h"

namespace adares::client {
namespace {

constexpr int kLogLines = 20;

std::string ExitText(int code) {
  if (code <= 128 || code > 128 + 64) return absl::StrCat("exit code ", code);
  const char* name = sigdescr_np(code - 128);
  return absl::StrCat("ended by signal ", code - 128, name == nullptr ? "" : " (",
                      name == nullptr ? "" : name, name == nullptr ? "" : ")");
}

}  // namespace

std::string WhyItFailed(const v1::Trial& trial, const std::string& next) {
  if (trial.state() != v1::Trial::STATE_FAILED) return "";
  const std::string name = ShortName(trial.name());
  std::string text = absl::StrCat("--- why ", name, " (", TrialLabel(trial), ") failed\n");
  std::string message = trial.message();
  if (trial.attempts_size() > 0) {
    const v1::Attempt& last = trial.attempts(trial.attempts_size() - 1);
    if (!last.message().empty()) message = last.message();
    absl::StrAppend(&text, EndReasonWord(last.end_reason()), ": ", OneLine(message));
    if (last.has_exit_code()) absl::StrAppend(&text, " (", ExitText(last.exit_code()), ")");
    absl::StrAppend(&text, ", attempt ", last.number(), " on ", ShortName(last.worker()), "\n");
    const int first = std::max(0, last.log_tail_size() - kLogLines);
    for (int i = first; i < last.log_tail_size(); ++i) {
      absl::StrAppend(&text, "  | ", OneLine(last.log_tail(i)), "\n");
    }
  } else {
    absl::StrAppend(&text, OneLine(message), "\n");
  }
  absl::StrAppend(&text, "--- ", next, "\n");
  return text;
}

}  // namespace adares::client
