// The volume that a folder lies on: what kind it is and how much room it has. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace adares {

enum class VolumeKind {
  kLocal,
  kNetwork,  // locks and fsync are not what a database needs
  kMemory,   // gone after a restart of the machine
  kUnknown,  // either, for example a file system in user space
};

// "local", "network", "memory", "unknown".
std::string Name(VolumeKind kind);

struct Volume {
  VolumeKind kind = VolumeKind::kUnknown;
  std::string file_system;  // "ext4"; a hexadecimal number where its name is not known
  int64_t total_bytes = 0;
  int64_t free_bytes = 0;  // for this user
};

// Of a path that exists. NOT_FOUND where it does not, INTERNAL where the system does not tell.
absl::StatusOr<Volume> VolumeOf(const std::string& path);

// The kind and name of what statfs(2) calls `magic`.
Volume VolumeOfMagic(uint32_t magic);

}  // namespace adares
