// The texts of a request before it is sent. Thread-safe: pure functions.
#pragma once

#include <google/protobuf/message.h>

#include "absl/status/status.h"

namespace adares::client {

// Usage error naming the field of a text that is no UTF-8, as arguments and file names may be: no
// program can read such a message, and a server says of it only that it does not know the call.
absl::Status CheckTexts(const google::protobuf::Message& request);

}  // namespace adares::client
