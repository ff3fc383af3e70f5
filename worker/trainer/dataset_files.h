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

// Reads DIR/{train,t10k}-{images-idx3,labels-idx1}-ubyte, 28x28 grey pictures, `expected` of them:
// tests write fewer than are published. NOT_FOUND for a missing file, DATA_LOSS for one that is not
// what it should be.
absl::StatusOr<ImageData> ReadMnist(const std::string& dir, PartSize expected = kMnistSize);

// Reads DIR/data_batch_{1..5}.bin and DIR/test_batch.bin, each of `records_per_file` records of one
// label byte and 3072 pixel bytes. Errors as above.
absl::StatusOr<ImageData> ReadCifar10(const std::string& dir,
                                      int64_t records_per_file = kCifar10RecordsPerFile);

}  // namespace adares
