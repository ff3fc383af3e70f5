#include "rpc/grpc_status.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "core/status.h"
#include "core/utf8.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace adares {
namespace {

constexpr char kDomain[] = "adares";

using Metadata = std::map<std::string, std::string>;

// Clients take 8 KiB of an error in all. The message stands in it up to three times, and some
// characters take three bytes.
constexpr size_t kMessageBytes = 1'000;
constexpr size_t kMetadataBytes = 1'000;

// At most so many bytes of the text, with "..." where it is cut.
std::string Cut(std::string_view text, size_t limit) {
  constexpr std::string_view kMore = "...";
  if (text.size() <= limit) return std::string(text);
  if (limit < kMore.size()) return "";
  return std::string(Utf8Prefix(text, limit - kMore.size())) + std::string(kMore);
}

std::string MessageOf(const absl::Status& status) {
  const absl::string_view message = status.message();
  return Cut({message.data(), message.size()}, kMessageBytes);
}

// The field of the request that is at fault; empty where that is not known. What is wrong in a
// sweep file has a place in the text, what is wrong with an override none.
std::string FieldOf(const absl::Status& status, const Metadata& metadata) {
  if (status.code() != absl::StatusCode::kInvalidArgument) return "";
  if (const auto field = metadata.find("field"); field != metadata.end()) return field->second;
  if (ErrorReason(status) != reason::kSpecInvalid) return "";
  return metadata.contains("override") ? "overrides" : "spec_text";
}

google::rpc::BadRequest ViolationOf(const absl::Status& status, const std::string& field) {
  google::rpc::BadRequest violations;
  google::rpc::BadRequest::FieldViolation* violation = violations.add_field_violations();
  violation->set_field(field);
  violation->set_description(MessageOf(status));
  return violations;
}

std::string Details(const absl::Status& status, const std::string& reason) {
  const Metadata metadata = ErrorMetadata(status);
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(kDomain);
  size_t room = kMetadataBytes;
  for (const auto& [key, value] : metadata) {
    const std::string text = Cut(value, room);
    (*info.mutable_metadata())[key] = text;
    room -= std::min(room, text.size());
  }
  google::rpc::Status rich;
  rich.set_code(static_cast<int>(status.code()));
  rich.set_message(MessageOf(status));
  rich.add_details()->PackFrom(info);
  if (const std::string field = FieldOf(status, metadata); !field.empty()) {
    rich.add_details()->PackFrom(ViolationOf(status, field));
  }
  return rich.SerializeAsString();
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string reason = ErrorReason(status);
  if (reason.empty()) return {code, MessageOf(status)};
  return {code, MessageOf(status), Details(status, reason)};
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  google::rpc::Status rich;
  if (!status.error_details().empty() && rich.ParseFromString(status.error_details())) {
    for (const auto& detail : rich.details()) {
      google::rpc::ErrorInfo info;
      if (!detail.UnpackTo(&info) || info.domain() != kDomain) continue;
      return MakeError(code, info.reason(), status.error_message(),
                       {info.metadata().begin(), info.metadata().end()});
    }
  }
  return {code, status.error_message()};
}

}  // namespace adares
