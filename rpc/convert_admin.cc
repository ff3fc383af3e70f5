#include "rpc/convert_admin.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "core/duration_text.h"
#include "core/status.h"
#include "core/utf8.h"
#include "rpc/convert_checks.h"

namespace adares {
namespace {

constexpr int64_t kMicros = 1'000'000;
constexpr int32_t kNanosOfASecond = 1'000'000'000;

v1::VolumeInfo::Kind KindOf(VolumeKind kind) {
  switch (kind) {
    case VolumeKind::kLocal:
      return v1::VolumeInfo::KIND_LOCAL;
    case VolumeKind::kNetwork:
      return v1::VolumeInfo::KIND_NETWORK;
    case VolumeKind::kMemory:
      return v1::VolumeInfo::KIND_MEMORY;
    case VolumeKind::kUnknown:
      break;
  }
  return v1::VolumeInfo::KIND_UNSPECIFIED;
}

v1::CheckResult::Outcome OutcomeOf(CheckResult::Outcome outcome) {
  switch (outcome) {
    case CheckResult::Outcome::kPassed:
      return v1::CheckResult::OUTCOME_PASSED;
    case CheckResult::Outcome::kFailed:
      return v1::CheckResult::OUTCOME_FAILED;
    case CheckResult::Outcome::kSkipped:
      return v1::CheckResult::OUTCOME_SKIPPED;
  }
  return v1::CheckResult::OUTCOME_UNSPECIFIED;
}

// Names in a damaged file need not be UTF-8, as texts of messages must.
std::string Utf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const size_t bytes = Utf8CharacterBytes(text);
    if (bytes == 0) {
      valid += '?';
    } else {
      valid += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<size_t>(bytes, 1));
  }
  return valid;
}

}  // namespace

v1::VolumeInfo ToProto(const Volume& volume) {
  v1::VolumeInfo message;
  message.set_kind(KindOf(volume.kind));
  message.set_file_system(volume.file_system);
  message.set_total_bytes(volume.total_bytes);
  message.set_free_bytes(volume.free_bytes);
  return message;
}

v1::CheckResult ToProto(const CheckResult& result) {
  v1::CheckResult message;
  message.set_check(result.check);
  message.set_outcome(OutcomeOf(result.outcome));
  message.set_finding_count(result.finding_count);
  for (const CheckFinding& finding : result.findings) {
    v1::CheckFinding* added = message.add_findings();
    added->set_subject(Utf8(finding.subject));
    added->set_problem(Utf8(finding.problem));
  }
  message.set_note(result.note);
  return message;
}

v1::PruneCounts ToProto(const PruneCounts& counts) {
  v1::PruneCounts message;
  message.set_log_lines(counts.log_lines);
  message.set_log_bytes(counts.log_bytes);
  message.set_points(counts.points);
  message.set_skip_weights(counts.skip_weights);
  message.set_flags(counts.flags);
  message.set_checkpoints(counts.checkpoints);
  return message;
}

absl::StatusOr<Duration> OlderThan(const v1::PruneDatabaseRequest& request) {
  const std::string field = "older_than";
  if (!request.has_older_than()) return InvalidField(field, "is required");
  const google::protobuf::Duration& length = request.older_than();
  if (length.seconds() < 0 || length.nanos() < 0)
    return InvalidField(field, "must not be negative");
  if (length.seconds() > kLongestDuration / std::chrono::seconds(1)) {
    return InvalidField(field, "is more than a hundred years");
  }
  if (length.nanos() >= kNanosOfASecond) return InvalidField(field, "has a second too many nanos");
  return Duration(length.seconds() * kMicros + length.nanos() / 1'000);
}

v1::OfflineError ToOfflineError(const absl::Status& status) {
  v1::OfflineError error;
  error.set_code(static_cast<int32_t>(status.code()));
  error.set_reason(ErrorReason(status));
  error.set_message(Utf8(std::string(status.message())));
  for (const auto& [key, value] : ErrorMetadata(status)) (*error.mutable_metadata())[key] = value;
  return error;
}

absl::Status FromOfflineError(const v1::OfflineError& error) {
  if (error.code() == 0) return absl::UnknownError("an error without a code");
  const auto code = static_cast<absl::StatusCode>(error.code());
  if (error.reason().empty()) return absl::Status(code, error.message());
  const std::map<std::string, std::string> metadata(error.metadata().begin(),
                                                    error.metadata().end());
  return MakeError(code, error.reason(), error.message(), metadata);
}

}  // namespace adares
