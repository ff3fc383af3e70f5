// The order of sites in a network, from their names. Thread-safe: pure functions.
#pragma once

#include <string_view>

namespace adares {

// Whether `a` comes before `b` when runs of digits count as numbers: "layer1.9" before "layer1.10".
bool SiteBefore(std::string_view a, std::string_view b);

}  // namespace adares
