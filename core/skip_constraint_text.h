// The text form of a skip weight's constraint: "none", "sigmoid(2)", "clamp(0, 1)". Private to
// core. Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/trial_spec.h"

namespace adares {

// The canonical text.
std::string FormatSkipConstraint(const SkipConstraint& constraint);

// INVALID_ARGUMENT whose message is the cause alone, for the caller to put after the name of what
// was read. Blanks inside the parentheses are free.
absl::StatusOr<SkipConstraint> ParseSkipConstraint(std::string_view text);

}  // namespace adares
