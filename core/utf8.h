// What counts as UTF-8. Thread-safe: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace adares {

// How many bytes the well-formed UTF-8 character at the start of `text` has; 0 where there is none
// (malformed, overlong, a surrogate, or cut off).
size_t Utf8CharacterBytes(std::string_view text);

bool IsUtf8(std::string_view text);

// The longest prefix of at most `limit` bytes that does not cut a character of `text`.
std::string_view Utf8Prefix(std::string_view text, size_t limit);

}  // namespace adares
