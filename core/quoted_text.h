// Foreign text inside messages. Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace adares {

// The text in double quotes, safe to print: control characters escaped, what is no UTF-8 replaced
// by '?', and cut after about 80 bytes.
std::string Quoted(std::string_view text);

}  // namespace adares
