// Foreign bytes made fit for protobuf strings. Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace adares::worker {

// The text with each byte that is not part of a well-formed character, and each NUL, replaced by
// U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);

}  // namespace adares::worker
