// Reads a whole file into memory.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace adares {

// NOT_FOUND, naming `how_to_get_it`, where the file cannot be opened; DATA_LOSS where it is a
// folder or a device, has more than `most` bytes, or cannot be read to its end; RESOURCE_EXHAUSTED
// where memory does not hold it. Blocks.
absl::StatusOr<std::vector<uint8_t>> ReadFileBytes(
    const std::string& path, const std::string& how_to_get_it,
    size_t most = std::numeric_limits<size_t>::max());

}  // namespace adares
