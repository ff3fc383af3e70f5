// Labelled pictures as bytes, wherever they lie: what the batches are cut from.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace adares {

inline constexpr int kClasses = 10;  // of MNIST, Fashion-MNIST, CIFAR-10 and the synthetic set

struct ImageShape {
  int64_t channels = 0;  // 1 to 3
  int64_t height = 0;
  int64_t width = 0;
  int64_t Bytes() const { return channels * height * width; }
  bool operator==(const ImageShape&) const = default;
};

// Pictures one after another, each row by row with the channels of a pixel together (NHWC), so that
// a crop is a copy of whole runs. A view: whoever has it keeps what it looks at.
struct ImageSet {
  ImageShape shape;
  std::span<const uint8_t> pixels;   // size() * shape.Bytes()
  std::span<const uint16_t> labels;  // each < the classes of the data set

  int64_t size() const { return static_cast<int64_t>(labels.size()); }
  const uint8_t* Image(int64_t index) const { return pixels.data() + index * shape.Bytes(); }
};

// Mean and standard deviation of a channel, of pixel values scaled to 0..1.
struct ChannelStatistics {
  std::array<float, 3> mean{};
  std::array<float, 3> sd{};
};

// A data set with its two published parts, which have one shape. Copies are cheap and share the
// pictures, which never change.
struct ImageData {
  ImageSet train;
  ImageSet test;
  int64_t classes = 0;
  ChannelStatistics statistics;
  std::string digest;                  // of DataDigest
  std::shared_ptr<const void> memory;  // what the parts look at
};

}  // namespace adares
