// A checkpoint as workers and the coordinator speak of it: where the run was, and the files that
// hold it, each known by the hash of its content. What is in the files is the trainer's matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace adares {

enum class CheckpointReason {
  kPeriodic,
  kOnStop,  // the trainer was told to stop
  kFinal,   // the training is done
};

// "periodic", "on-stop", "final".
std::string_view Name(CheckpointReason reason);
std::optional<CheckpointReason> ParseCheckpointReason(std::string_view name);

struct CheckpointFile {
  std::string name;    // in the checkpoint's folder
  std::string sha256;  // of its content, 64 lower-case hex digits
  int64_t size_bytes = 0;
  bool operator==(const CheckpointFile&) const = default;
};

struct Checkpoint {
  int64_t step = 0;   // optimizer steps done, at least 1
  int64_t epoch = 0;  // whole epochs done
  CheckpointReason reason = CheckpointReason::kPeriodic;
  std::vector<CheckpointFile> files = {};
  bool operator==(const Checkpoint&) const = default;
};

inline constexpr size_t kMaxCheckpointFiles = 16;
inline constexpr int64_t kMaxBlobBytes = int64_t{1} << 40;
// Of a blob on its way, in one message.
inline constexpr size_t kMaxChunkBytes = 1 << 20;

// A file's content, as the store of blobs knows it.
struct BlobName {
  std::string sha256;
  int64_t size_bytes = 0;
  bool operator==(const BlobName&) const = default;
};

// 64 lower-case hex digits.
bool IsSha256(std::string_view text);

// 1 to 100 of letters, digits, `.`, `_` and `-`, not beginning with `.`: it names a file in the
// folder that it is put into, and nothing else.
bool IsCheckpointFileName(std::string_view name);

// INVALID_ARGUMENT naming what is wrong: no step, no files, too many, two of one name, or a file
// whose name, hash or size cannot be.
absl::Status CheckCheckpoint(const Checkpoint& checkpoint);

}  // namespace adares
