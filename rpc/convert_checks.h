// What the conversions of messages check in more than one place. Private to rpc/. Thread-safe: pure
// functions.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {

inline absl::Status CheckStep(const std::string& field, int64_t step, int64_t epoch) {
  if (step < 0 || epoch < 0) return InvalidField(field, "step and epoch must not be negative");
  return absl::OkStatus();
}

}  // namespace adares
