// Labelled pictures in memory, as bytes: what the readers return and the batches are cut from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace adares {

inline constexpr int kClasses = 10;

struct ImageShape {
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t Bytes() const { return channels * height * width; }
  bool operator==(const ImageShape&) const = default;
};

// Pictures one after another, each row by row with the channels of a pixel together (NHWC), so that
// a crop is a copy of whole runs.
struct ImageSet {
  ImageShape shape;
  std::vector<uint8_t> pixels;  // size() * shape.Bytes()
  std::vector<uint8_t> labels;  // each < kClasses

  int64_t size() const { return static_cast<int64_t>(labels.size()); }
  const uint8_t* Image(int64_t index) const { return pixels.data() + index * shape.Bytes(); }
};

// Mean and standard deviation of a channel, of pixel values scaled to 0..1.
struct ChannelStatistics {
  std::array<float, 3> mean{};
  std::array<float, 3> sd{};
};

// A data set with its two published parts. Immutable once loaded, so trials of one process share
// it.
struct ImageData {
  ImageSet train;
  ImageSet test;
  ChannelStatistics statistics;
};

}  // namespace adares
