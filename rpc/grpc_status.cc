#include "rpc/grpc_status.h"

#include <map>
#include <string>

#include "core/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace adares {
namespace {

constexpr char kDomain[] = "adares";

using Metadata = std::map<std::string, std::string>;

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
  violation->set_description(std::string(status.message()));
  return violations;
}

std::string Details(const absl::Status& status, const std::string& reason) {
  const Metadata metadata = ErrorMetadata(status);
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(kDomain);
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  google::rpc::Status rich;
  rich.set_code(static_cast<int>(status.code()));
  rich.set_message(std::string(status.message()));
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
  if (reason.empty()) return {code, std::string(status.message())};
  return {code, std::string(status.message()), Details(status, reason)};
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
