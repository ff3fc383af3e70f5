// The file that holds a decoded data set, so that the trainers of a machine read it once and share
// its memory. Thread-safe: pure functions of the files.
//
// A head of 256 bytes (format, key of the sources, sizes, statistics, digest, checksums) is
// followed by the labels of the training part, those of the test part, two bytes each, and the
// pixels of both. It is for the machine that wrote it: numbers have its byte order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/trainer/image_set.h"

namespace adares {

// To be raised when the bytes of a file or what is decoded into them change.
inline constexpr uint64_t kCacheFormat = 1;

// Puts `data`, whose digest is set, into a file for sources with `key`, 64 characters. Errors and
// what they leave are those of WriteFileAtomically.
absl::Status WriteCacheFile(const std::string& path, std::string_view key, const ImageData& data);

// Maps a file into memory and checks every byte of it, against accidents: about 30 ms for CIFAR-10.
// The pages are shared by all processes that map the file. NOT_FOUND where there is none,
// FAILED_PRECONDITION where it is of other sources or of another format, DATA_LOSS where it is not
// what was written. The file must not be changed or cut while the data are used, only replaced.
absl::StatusOr<ImageData> MapCacheFile(const std::string& path, std::string_view key);

// The same of bytes in memory, which the result looks at and does not keep. Message without a path.
absl::StatusOr<ImageData> ParseCacheFile(std::span<const uint8_t> bytes, std::string_view key);

}  // namespace adares
