// Statistics by a histogram of bytes, and the digest.
#include "worker/trainer/decoded_images.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"

namespace adares {
namespace {

using Histogram = std::array<uint64_t, 256>;

std::pair<float, float> MeanAndDeviation(const Histogram& counts) {
  uint64_t count = 0;
  uint64_t sum = 0;
  uint64_t squares = 0;
  for (uint64_t byte = 0; byte < counts.size(); ++byte) {
    count += counts[byte];
    sum += counts[byte] * byte;
    squares += counts[byte] * byte * byte;
  }
  const double mean = static_cast<double>(sum) / static_cast<double>(count);
  const double variance = static_cast<double>(squares) / static_cast<double>(count) - mean * mean;
  const bool varies = std::count(counts.begin(), counts.end(), 0u) < 255;
  return {static_cast<float>(mean / 255),
          varies ? static_cast<float>(std::sqrt(std::max(variance, 0.0)) / 255) : 1.0f};
}

std::string LowByteFirst(std::span<const uint16_t> labels) {
  std::string bytes;
  bytes.reserve(2 * labels.size());
  for (const uint16_t label : labels) {
    bytes += static_cast<char>(label & 0xff);
    bytes += static_cast<char>(label >> 8);
  }
  return bytes;
}

ImageSet View(const ImageShape& shape, const DecodedPart& part) {
  return {shape, part.pixels, part.labels};
}

}  // namespace

ChannelStatistics MeasureStatistics(std::span<const uint8_t> pixels, int64_t channels) {
  std::array<Histogram, 3> counts{};
  size_t channel = 0;
  for (const uint8_t byte : pixels) {
    ++counts[channel][byte];
    channel = channel + 1 == static_cast<size_t>(channels) ? 0 : channel + 1;
  }
  ChannelStatistics statistics;
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    std::tie(statistics.mean[c], statistics.sd[c]) = MeanAndDeviation(counts[c]);
  }
  return statistics;
}

std::string DataDigest(const ImageData& data) {
  const ImageShape& shape = data.train.shape;
  Sha256 hash;
  hash.Add(absl::StrCat("adares-data 1 ", shape.channels, " ", shape.height, " ", shape.width, " ",
                        data.classes, " ", data.train.size(), " ", data.test.size(), "\n"));
  for (const ImageSet* part : {&data.train, &data.test}) {
    hash.Add(LowByteFirst(part->labels));
    hash.Add({reinterpret_cast<const char*>(part->pixels.data()), part->pixels.size()});
  }
  return hash.Hex();
}

ImageData KeepInMemory(DecodedData decoded) {
  const auto kept = std::make_shared<const DecodedData>(std::move(decoded));
  ImageData data{View(kept->shape, kept->train),
                 View(kept->shape, kept->test),
                 kept->classes,
                 kept->statistics,
                 {},
                 kept};
  data.digest = DataDigest(data);
  return data;
}

}  // namespace adares
