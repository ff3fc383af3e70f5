// Pictures of random bytes, in which no two places are likely to be alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ostream>

#include "worker/trainer/decoded_images.h"
#include "worker/trainer/image_set.h"
#include "worker/trainer/random.h"

namespace adares {

inline constexpr ChannelStatistics kDrawnStatistics{{0.5f, 0.25f, 0.4f}, {0.2f, 0.1f, 0.3f}};

// Names the cases of parametrised tests.
inline void PrintTo(const ImageShape& shape, std::ostream* out) {
  *out << shape.channels << "x" << shape.height << "x" << shape.width;
}

class DrawnPictures {
 public:
  DrawnPictures(const ImageShape& shape, int64_t count) : shape_(shape) {
    Random random(static_cast<uint64_t>(count), RandomStream::kSynthetic);
    part_.pixels.resize(static_cast<size_t>(count * shape.Bytes()));
    part_.labels.resize(static_cast<size_t>(count));
    for (uint8_t& byte : part_.pixels) byte = static_cast<uint8_t>(random.Below(256));
    for (uint16_t& label : part_.labels) label = static_cast<uint16_t>(random.Below(10));
  }
  ImageSet set() const { return {shape_, part_.pixels, part_.labels}; }

 private:
  ImageShape shape_;
  DecodedPart part_;
};

}  // namespace adares
