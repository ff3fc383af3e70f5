// What a result depends on besides the program.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace adares::bench {

// Cores, processor, kernel, and of the folder's disk its kind and how long a sync takes.
absl::StatusOr<std::map<std::string, std::string>> MachineFacts(
    const std::filesystem::path& folder);

}  // namespace adares::bench
