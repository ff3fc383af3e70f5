// Sweep files of any size.
#pragma once

#include <string>

namespace adares::bench {

// A sweep named `name` with exactly `trials` trials, 1 to 20,000: two axes of the configuration
// times seeds, as near to a cube as the number's divisors allow. The baseline is its first cell.
std::string SweepText(const std::string& name, int trials);

}  // namespace adares::bench
