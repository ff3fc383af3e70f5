// Published sizes, and the names that the publishers gave their files.
#include "core/dataset_table.h"

namespace adares {

std::optional<PartSize> SizeOfDataset(Dataset dataset) {
  switch (dataset) {
    case Dataset::kMnist:
      return kMnistSize;
    case Dataset::kFashionMnist:
      return kFashionMnistSize;
    case Dataset::kCifar10:
      return kCifar10Size;
    case Dataset::kCifar100:
      return kCifar100Size;
    case Dataset::kFolder:
      return std::nullopt;
    case Dataset::kSynthetic:
      break;
  }
  return kSyntheticSize;
}

std::vector<std::string> FilesOfDataset(Dataset dataset) {
  switch (dataset) {
    case Dataset::kMnist:
      return {"mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte",
              "mnist/t10k-images-idx3-ubyte", "mnist/t10k-labels-idx1-ubyte"};
    case Dataset::kFashionMnist:
      return {"fashion-mnist/train-images-idx3-ubyte", "fashion-mnist/train-labels-idx1-ubyte",
              "fashion-mnist/t10k-images-idx3-ubyte", "fashion-mnist/t10k-labels-idx1-ubyte"};
    case Dataset::kCifar10:
      return {"cifar-10-batches-bin/data_batch_1.bin", "cifar-10-batches-bin/data_batch_2.bin",
              "cifar-10-batches-bin/data_batch_3.bin", "cifar-10-batches-bin/data_batch_4.bin",
              "cifar-10-batches-bin/data_batch_5.bin", "cifar-10-batches-bin/test_batch.bin"};
    case Dataset::kCifar100:
      return {"cifar-100-binary/train.bin", "cifar-100-binary/test.bin"};
    case Dataset::kFolder:
    case Dataset::kSynthetic:
      break;
  }
  return {};
}

}  // namespace adares
