// What is known of the data sets without reading them: how many pictures they have, and in which
// files. Thread-safe: constants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trial_spec.h"

namespace adares {

// Pictures in the training part and in the test part.
struct PartSize {
  int64_t train = 0;
  int64_t test = 0;
};
inline constexpr PartSize kMnistSize{60'000, 10'000};
inline constexpr PartSize kFashionMnistSize = kMnistSize;
inline constexpr PartSize kCifar10Size{50'000, 10'000};
inline constexpr PartSize kCifar100Size = kCifar10Size;
inline constexpr PartSize kSyntheticSize{20'000, 4'000};

// Nothing for `folder`, which only those who read it know.
std::optional<PartSize> SizeOfDataset(Dataset dataset);

// The published files, below the folder of data sets: "mnist/train-images-idx3-ubyte". Those to
// train on come first, and pictures before their labels. Empty for data that need none, and for
// `folder`, whose files are its own.
std::vector<std::string> FilesOfDataset(Dataset dataset);

}  // namespace adares
