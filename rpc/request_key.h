// The key under which the answer to a request is remembered. Thread-safe: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "core/request_key.h"
#include "google/protobuf/message.h"

namespace adares {

inline constexpr size_t kLongestRequestId = 64;

// Of a message with a field `request_id`: its id, the message's type, and a digest of all else that
// it says. INVALID_ARGUMENT for an id of other characters than [A-Za-z0-9_-] or that is too long.
absl::StatusOr<RequestKey> RequestKeyOf(const google::protobuf::Message& request);

}  // namespace adares
