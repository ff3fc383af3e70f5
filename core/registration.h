// What a worker may say of itself when it registers. Thread-safe: pure functions.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/records.h"

namespace adares {

struct Registration {
  WorkerRecord worker;
  // Whose place it takes; empty where nothing ran with its state folder before.
  std::string previous_instance = {};
};

// INVALID_ARGUMENT naming the field: a malformed name, slots out of 1..kMaxSlots, texts that are
// too long, or a capability that no machine has.
absl::Status CheckRegistration(const Registration& registration);

}  // namespace adares
