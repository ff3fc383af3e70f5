// The text form of a skip weight's initial value: "0.5", "normal(0, 0.05)". Private to core.
// Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/trial_spec.h"

namespace adares {

// The canonical text: a number, or "normal(mean, sd)".
std::string FormatSkipInit(const SkipInit& init);

// INVALID_ARGUMENT whose message is the cause alone, for the caller to put after the name of what
// was read. Blanks inside the parentheses are free.
absl::StatusOr<SkipInit> ParseSkipInit(std::string_view text);

}  // namespace adares
