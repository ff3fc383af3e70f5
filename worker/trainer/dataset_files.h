// Readers of the published files of MNIST and Fashion-MNIST (IDX), and of CIFAR-10 and CIFAR-100
// (binary versions). Everything that a file claims is checked; an error names the file, what was
// found, what was expected, and the way out. Thread-safe: pure functions of the files.
//
// Each reads the files that FilesOfDataset names below the folder of data sets: `expected`
// pictures, as tests write fewer than are published. NOT_FOUND for a missing file, DATA_LOSS for
// one that is not what it should be.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "core/dataset_table.h"
#include "worker/trainer/decoded_images.h"

namespace adares {

// Of one file. None that is published has a fifth of it; one that claims more is not read.
inline constexpr size_t kMostDatasetFileBytes = size_t{1} << 30;

// 28x28 grey pictures of ten classes.
absl::StatusOr<DecodedData> ReadMnist(const std::string& data_dir, PartSize expected = kMnistSize);
absl::StatusOr<DecodedData> ReadFashionMnist(const std::string& data_dir,
                                             PartSize expected = kFashionMnistSize);

// 32x32 coloured pictures of ten classes. The five files to train on have a fifth each.
absl::StatusOr<DecodedData> ReadCifar10(const std::string& data_dir,
                                        PartSize expected = kCifar10Size);

// 32x32 coloured pictures of a hundred classes, the fine labels.
absl::StatusOr<DecodedData> ReadCifar100(const std::string& data_dir,
                                         PartSize expected = kCifar100Size);

}  // namespace adares
