// What a worker makes sure of before it takes trials: where it is missing every trial would fail,
// and one that failed is not tried again.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace adares::worker {

// Asks the trainer which device it takes for `device` (cpu, cuda or auto): "cpu" or "cuda". A
// driver alone is no device: the trainer's LibTorch may know nothing of CUDA. FAILED_PRECONDITION
// with path, cause and way out where it cannot be run, fails, has no such device, or has not
// answered after `limit`; then it is killed. A driver that hangs must not hang the worker mutely.
absl::StatusOr<std::string> CheckTrainer(const std::filesystem::path& trainer,
                                         const std::string& device,
                                         std::chrono::seconds limit = std::chrono::seconds(120));

// FAILED_PRECONDITION where `data_dir` is not empty and names no folder.
absl::Status CheckDataFolder(const std::string& data_dir);

}  // namespace adares::worker
