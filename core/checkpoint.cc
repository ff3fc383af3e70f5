#include "core/checkpoint.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/quoted_text.h"
#include "core/status.h"

namespace adares {
namespace {

constexpr size_t kSha256Digits = 64;
constexpr size_t kLongestName = 100;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

absl::Status Invalid(const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                   absl::StrCat("checkpoint: ", message), {{"field", "checkpoint"}});
}

}  // namespace

std::string_view Name(CheckpointReason reason) {
  switch (reason) {
    case CheckpointReason::kPeriodic:
      return "periodic";
    case CheckpointReason::kOnStop:
      return "on-stop";
    case CheckpointReason::kFinal:
      return "final";
  }
  return "unknown";
}

std::optional<CheckpointReason> ParseCheckpointReason(std::string_view name) {
  for (const CheckpointReason reason :
       {CheckpointReason::kPeriodic, CheckpointReason::kOnStop, CheckpointReason::kFinal}) {
    if (Name(reason) == name) return reason;
  }
  return std::nullopt;
}

bool IsSha256(std::string_view text) {
  return text.size() == kSha256Digits &&
         std::ranges::all_of(text, [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); });
}

bool IsCheckpointFileName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name[0] == '.') return false;
  return std::ranges::all_of(name, [](char c) {
    return IsDigit(c) || IsLower(c) || IsUpper(c) || c == '.' || c == '_' || c == '-';
  });
}

absl::Status CheckCheckpoint(const Checkpoint& checkpoint) {
  if (checkpoint.step < 1 || checkpoint.epoch < 0) {
    return Invalid(absl::StrCat("step ", checkpoint.step, " and epoch ", checkpoint.epoch,
                                " must be at least 1 and 0"));
  }
  if (checkpoint.files.empty() || checkpoint.files.size() > kMaxCheckpointFiles) {
    return Invalid(absl::StrCat(checkpoint.files.size(), " files; 1 to ", kMaxCheckpointFiles));
  }
  std::set<std::string> names;
  for (const CheckpointFile& file : checkpoint.files) {
    if (!IsCheckpointFileName(file.name)) {
      return Invalid(absl::StrCat(Quoted(file.name), " is no name of a file"));
    }
    if (!names.insert(file.name).second) {
      return Invalid(absl::StrCat("two files are named ", file.name));
    }
    if (!IsSha256(file.sha256)) {
      return Invalid(absl::StrCat("sha256 of ", file.name, " must be 64 lower-case hex digits"));
    }
    if (file.size_bytes < 0 || file.size_bytes > kMaxBlobBytes) {
      return Invalid(absl::StrCat("size of ", file.name, " is ", file.size_bytes));
    }
  }
  return absl::OkStatus();
}

}  // namespace adares
