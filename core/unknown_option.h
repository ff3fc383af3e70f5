// What is said of an option that a program does not have. Thread-safe: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace adares {

// About the first of `arguments` that is an option and none of `known` ("--slots"): "there is no
// option --slot; did you mean --slots?". nullopt where there is none.
std::optional<std::string> UnknownOption(const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& known);

}  // namespace adares
