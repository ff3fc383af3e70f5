// Numbers as text: one strict grammar for what people write, one canonical form for what adares
// writes. Independent of the locale. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace adares {

// Whether the text is a JSON number: "0.1", "1e-3", "-2"; not "01", ".5", "+1", "1_000", "nan".
bool IsNumberText(std::string_view text);

// INVALID_ARGUMENT whose message is the cause alone ("has leading zeros; write 10"), for the caller
// to put after the name of what was read.
absl::StatusOr<int64_t> ParseInteger(std::string_view text);
absl::StatusOr<double> ParseNumber(std::string_view text);

// The shortest text that reads back as the same finite number, without an exponent where that is
// readable: "0.0001", "1e-7", "128". Minus zero is written "0".
std::string FormatNumber(double value);

}  // namespace adares
