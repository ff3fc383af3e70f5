// Pictures that were just read or made, and what is computed of them. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "worker/trainer/image_set.h"

namespace adares {

struct DecodedPart {
  std::vector<uint8_t> pixels;   // as in ImageSet
  std::vector<uint16_t> labels;  // one a picture
};

struct DecodedData {
  ImageShape shape;
  int64_t classes = 0;
  DecodedPart train;
  DecodedPart test;
  ChannelStatistics statistics;
};

// Of pixels of `channels` values each, at least one. Exact sums, so the same on every machine. A
// channel without variance has the standard deviation 1, by which one can divide.
ChannelStatistics MeasureStatistics(std::span<const uint8_t> pixels, int64_t channels);

// SHA-256, as 64 hex digits, over all that training sees: the line "adares-data 1 C H W CLASSES
// TRAIN TEST\n" with numbers for the words, then of the training part and then of the test part the
// labels, two bytes each, low byte first, and the pixels.
std::string DataDigest(const ImageData& data);

// Keeps the data in memory, with their digest. Takes about a second for half a gigabyte where the
// processor has no instructions for SHA-256.
ImageData KeepInMemory(DecodedData decoded);

}  // namespace adares
