// Ids that make calls count once. Thread-safe.
#pragma once

#include <string>

namespace adares::client {

// 32 hex digits at random, for one call and its repetitions.
std::string NewRequestId();

}  // namespace adares::client
