// The text form of a skip weight's initial value: "0.5", "normal(0, 0.05)", "uniform(0, 1)".
// Private to core. Thread-safe: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/trial_spec.h"

namespace adares {

// The canonical text: a number, or one of the forms.
std::string FormatSkipInit(const SkipInit& init);

// INVALID_ARGUMENT whose message is the cause alone, for the caller to put after the name of what
// was read. Blanks inside the parentheses are free.
absl::StatusOr<SkipInit> ParseSkipInit(std::string_view text);

// The same for an override, which is `inherit` where there is none.
std::string FormatSkipInitOverride(const std::optional<SkipInit>& init);
absl::StatusOr<std::optional<SkipInit>> ParseSkipInitOverride(std::string_view text);

}  // namespace adares
