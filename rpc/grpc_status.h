// absl::Status <-> grpc::Status. The codes are numerically equal; reason and metadata travel as
// google.rpc.ErrorInfo (domain "adares") in the status' binary details, and of INVALID_ARGUMENT the
// field at fault as google.rpc.BadRequest. Thread-safe: pure
// functions.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace adares {

grpc::Status ToGrpcStatus(const absl::Status& status);

// Errors of gRPC itself (a dead channel, a deadline) keep code and message and have no reason.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace adares
