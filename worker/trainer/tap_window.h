// Which taps of a convolution ever see a picture, along one side of it. Thread-safe: pure
// functions.
#pragma once

#include <cstdint>

namespace adares {

struct Margin {
  int64_t before = 0;
  int64_t after = 0;
  bool operator==(const Margin&) const = default;
};

// Keras' `same`: padding with which `size` rows give ceil(size / stride), the odd row behind.
Margin SamePadding(int64_t size, int64_t kernel, int64_t stride);

// A convolution along one side of its map: rows, say.
struct ConvolutionSide {
  int64_t size = 0;  // of the map, without padding; >= 1
  int64_t kernel = 0;
  int64_t stride = 1;
  Margin padding;  // each less than `kernel`
};

// A run of taps and how to compute with them alone.
struct TapWindow {
  int64_t first = 0;
  int64_t count = 0;
  Margin padding;   // that the shorter kernel needs
  int64_t out = 0;  // rows that come out, the same with all taps
  bool operator==(const TapWindow&) const = default;
};

// All of them.
TapWindow AllTaps(const ConvolutionSide& side);

// The shortest run with every tap that meets a row of the map somewhere: the taps outside see only
// padding, so that their gradient is exactly 0.
TapWindow LiveTaps(const ConvolutionSide& side);

}  // namespace adares
