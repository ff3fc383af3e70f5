// Foreign bytes made fit for protobuf strings. Thread-safe: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace adares::worker {

// The text with each byte that is not part of a well-formed character, and each NUL, replaced by
// U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);

// The longest prefix of at most `limit` bytes that does not cut a character of `text`.
std::string_view Utf8Prefix(std::string_view text, size_t limit);

}  // namespace adares::worker
