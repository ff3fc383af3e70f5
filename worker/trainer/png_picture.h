// Decodes PNG files, whoever wrote them. Thread-safe: pure functions.
//
// Taken are grey pictures of 1 to 8 bits and coloured ones, with a palette or with 8 bits a
// channel: all that becomes bytes without loss. Refused are 16 bits and transparency, and pictures
// with a side of less than 8 or more than 256 pixels. Nothing else in a file is looked at: colour
// profiles and gamma do not change the values. Errors are DATA_LOSS and begin with `path`.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/trainer/image_set.h"

namespace adares {

inline constexpr int64_t kFewestPixels = 8;  // of a side
inline constexpr int64_t kMostPixels = 256;

// One channel or three, by the head of the file.
absl::StatusOr<ImageShape> ReadPngShape(const std::string& path, std::span<const uint8_t> file);

// Writes shape.Bytes() bytes to `pixels`, channels of a pixel together. An error where the picture
// has another shape; then some of them may be written.
absl::Status DecodePng(const std::string& path, std::span<const uint8_t> file,
                       const ImageShape& shape, uint8_t* pixels);

}  // namespace adares
