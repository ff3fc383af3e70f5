// What a worker makes sure of before it takes trials: where it is missing every trial would fail,
// and one that failed is not tried again.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"

namespace adares::worker {

// Runs `trainer --version` and waits for its end. FAILED_PRECONDITION with path, cause and way out
// where that cannot be run or fails.
absl::Status CheckTrainer(const std::filesystem::path& trainer);

// FAILED_PRECONDITION where `data_dir` is not empty and names no folder.
absl::Status CheckDataFolder(const std::string& data_dir);

}  // namespace adares::worker
