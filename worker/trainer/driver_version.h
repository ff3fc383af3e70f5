// The version of the GPU's driver, for the record: kernels of one LibTorch may differ with it.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace adares {

// Of NVIDIA's kernel module: "535.104.05"; "unknown" where there is none.
std::string DriverVersion();

// What the module's file says of itself: the first word with a digit and a point after "Kernel
// Module"; "unknown" where there is none.
std::string DriverVersionIn(std::string_view text);

}  // namespace adares
