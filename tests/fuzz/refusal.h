// What fuzzers of the API state about a message that is refused.
#pragma once

#include "absl/status/status.h"
#include "core/status.h"
#include "rpc/grpc_status.h"
#include "tests/fuzz/require.h"

namespace adares::fuzz {

inline void RequireRefusal(const absl::Status& status) {
  Require(status.code() == absl::StatusCode::kInvalidArgument, "it is the message that is wrong");
  Require(!ErrorReason(status).empty() && !status.message().empty(), "refusals have reasons");
  Require(!ToGrpcStatus(status).error_details().empty(), "which travel");
}

}  // namespace adares::fuzz
