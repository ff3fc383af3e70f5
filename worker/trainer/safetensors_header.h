// The JSON header of a safetensors file, apart from where its bytes lie. Thread-safe: values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/trainer/safetensors.h"

namespace adares::safetensors {

// Before the header: its length, little-endian.
inline constexpr size_t kLengthBytes = 8;
inline constexpr size_t kMaxHeaderBytes = 100'000'000;
inline constexpr std::string_view kMetadataKey = "__metadata__";

// What the header says of a tensor. `begin` and `end` count from the end of the header and are not
// yet checked against anything.
struct HeaderEntry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct Header {
  Metadata metadata;
  std::vector<HeaderEntry> entries;  // no two of one name
};

// INVALID_ARGUMENT whose message is the cause alone, for the caller to put after the file's name.
absl::StatusOr<Header> ParseHeader(std::string_view json);

}  // namespace adares::safetensors
