// Readers of the published files of MNIST (IDX) and CIFAR-10 (binary version). Everything that a
// file claims is checked; an error names the file, what was found, what was expected, and the way
// out. Thread-safe: pure functions of the files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/dataset_table.h"
#include "worker/trainer/image_set.h"

namespace adares {

// Five files to train on, one to test on.
inline constexpr int64_t kCifar10RecordsPerFile = kCifar10Size.test;
static_assert(kCifar10Size.train == 5 * kCifar10RecordsPerFile);

// Reads the files that FilesOfDataset names below the folder of data sets: 28x28 grey pictures,
// `expected` of them, as tests write fewer than are published. NOT_FOUND for a missing file,
// DATA_LOSS for one that is not what it should be.
absl::StatusOr<ImageData> ReadMnist(const std::string& data_dir, PartSize expected = kMnistSize);

// The same with files that each have `records_per_file` records of one label byte and 3072 pixel
// bytes. Errors as above.
absl::StatusOr<ImageData> ReadCifar10(const std::string& data_dir,
                                      int64_t records_per_file = kCifar10RecordsPerFile);

}  // namespace adares
