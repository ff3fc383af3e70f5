// What a worker makes sure of before it takes trials: where it is missing every trial would fail,
// and one that failed is not tried again.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace adares::worker {

// Asks the trainer which device it takes for `device` (cpu, cuda or auto): "cpu" or "cuda". A
// driver alone is no device: the trainer's LibTorch may know nothing of CUDA. FAILED_PRECONDITION
// with path, cause and way out where it cannot be run, fails, or has no such device.
absl::StatusOr<std::string> CheckTrainer(const std::filesystem::path& trainer,
                                         const std::string& device);

// FAILED_PRECONDITION where `data_dir` is not empty and names no folder.
absl::Status CheckDataFolder(const std::string& data_dir);

}  // namespace adares::worker
