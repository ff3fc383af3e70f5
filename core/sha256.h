// SHA-256, the hash behind ids, digests and checksums. Thread-safe: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace adares {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace adares
