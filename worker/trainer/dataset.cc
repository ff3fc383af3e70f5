// Loading by name, and the seeded division into training, validation and test.
#include "worker/trainer/dataset.h"

#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "worker/trainer/dataset_files.h"
#include "worker/trainer/random.h"
#include "worker/trainer/synthetic.h"

namespace adares {
namespace {

absl::StatusOr<ImageData> Load(Dataset dataset, const std::string& data_dir) {
  if (dataset == Dataset::kSynthetic) return MakeSynthetic();
  if (data_dir.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data.dataset ", std::string(Name(dataset)),
        " needs files and no folder is set; give --data DIR or set ADARES_DATA_DIR, or "
        "use data.dataset: synthetic"));
  }
  if (dataset == Dataset::kMnist) return ReadMnist(data_dir);
  return ReadCifar10(data_dir);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ImageData>> LoadDataset(Dataset dataset,
                                                             const std::string& data_dir) {
  ADARES_ASSIGN_OR_RETURN(ImageData data, Load(dataset, data_dir));
  return std::make_shared<const ImageData>(std::move(data));
}

absl::StatusOr<DataSplit> SplitData(const DataSpec& spec, const ImageData& data, int64_t seed) {
  const int64_t available = data.train.size();
  const int64_t train_size =
      spec.train_size > 0 ? spec.train_size : available - spec.validation_size;
  if (train_size < 2 || spec.validation_size < 1 || train_size + spec.validation_size > available) {
    return absl::InvalidArgumentError(absl::StrCat(
        "data.train_size ", spec.train_size, " and data.validation_size ", spec.validation_size,
        " do not fit: the training part of ", std::string(Name(spec.dataset)), " has ", available,
        " pictures, and at least 2 must be left for training"));
  }
  const int64_t test_size = spec.test_size > 0 ? spec.test_size : data.test.size();
  if (test_size > data.test.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("data.test_size ", test_size, " does not fit: the test part of ",
                     std::string(Name(spec.dataset)), " has ", data.test.size(), " pictures"));
  }
  Random random(static_cast<uint64_t>(seed), RandomStream::kSplit);
  const std::vector<uint32_t> order = Permutation(static_cast<uint32_t>(available), random);
  DataSplit split;
  const auto validation_end = order.begin() + spec.validation_size;
  split.validation.assign(order.begin(), validation_end);
  split.train.assign(validation_end, validation_end + train_size);
  split.test.resize(static_cast<size_t>(test_size));
  std::iota(split.test.begin(), split.test.end(), 0u);
  return split;
}

}  // namespace adares
