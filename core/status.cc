// Reason and metadata ride on the status as one JSON payload; the rpc layer turns it into
// google.rpc.ErrorInfo at the border.
#include "core/status.h"

#include <optional>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/types/optional.h"
#include "nlohmann/json.hpp"

namespace adares {
namespace {

constexpr char kPayloadUrl[] = "adares/error-detail";

nlohmann::json Payload(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return nlohmann::json::object();
  auto detail = nlohmann::json::parse(std::string(*payload), nullptr, /*allow_exceptions=*/false);
  return detail.is_object() ? detail : nlohmann::json::object();
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const std::map<std::string, std::string>& metadata) {
  absl::Status status(code, std::string(message));
  nlohmann::json detail = {{"reason", std::string(reason)}, {"metadata", metadata}};
  // Metadata may quote bytes of hostile input, which need not be UTF-8.
  status.SetPayload(kPayloadUrl, absl::Cord(detail.dump(-1, ' ', /*ensure_ascii=*/false,
                                                        nlohmann::json::error_handler_t::replace)));
  return status;
}

absl::Status InvalidField(std::string_view field, std::string_view problem) {
  std::string message(field);
  message.append(": ").append(problem);
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid, message,
                   {{"field", std::string(field)}});
}

std::string ErrorReason(const absl::Status& status) {
  const nlohmann::json detail = Payload(status);
  const auto reason = detail.find("reason");
  return reason != detail.end() && reason->is_string() ? reason->get<std::string>() : "";
}

std::map<std::string, std::string> ErrorMetadata(const absl::Status& status) {
  std::map<std::string, std::string> metadata;
  const nlohmann::json detail = Payload(status);
  const auto entries = detail.find("metadata");
  if (entries == detail.end()) return metadata;
  for (const auto& [key, value] : entries->items()) {
    if (value.is_string()) metadata[key] = value.get<std::string>();
  }
  return metadata;
}

absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  std::string message(context);
  message += ": ";
  message += std::string(status.message());
  absl::Status annotated(status.code(), message);
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

}  // namespace adares
