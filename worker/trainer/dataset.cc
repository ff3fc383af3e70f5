// Loading by name, and the seeded division into training, validation and test.
#include "worker/trainer/dataset.h"

#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/data_conflicts.h"
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
  if (dataset == Dataset::kCifar10) return ReadCifar10(data_dir);
  return absl::UnimplementedError("this data set is not read yet");
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ImageData>> LoadDataset(Dataset dataset,
                                                             const std::string& data_dir) {
  ADARES_ASSIGN_OR_RETURN(ImageData data, Load(dataset, data_dir));
  return std::make_shared<const ImageData>(std::move(data));
}

absl::StatusOr<DataSplit> SplitData(const TrialSpec& spec, const ImageData& data) {
  if (const auto conflict = FindSizeConflict(spec, {data.train.size(), data.test.size()})) {
    return absl::InvalidArgumentError(conflict->message);
  }
  Random random(static_cast<uint64_t>(spec.seed), RandomStream::kSplit);
  const std::vector<uint32_t> order = Permutation(static_cast<uint32_t>(data.train.size()), random);
  DataSplit split;
  const auto validation_end = order.begin() + spec.data.validation_size;
  split.validation.assign(order.begin(), validation_end);
  split.train.assign(validation_end,
                     validation_end + TrainingExamples(spec.data, data.train.size()));
  const int64_t test_size = spec.data.test_size;
  split.test.resize(static_cast<size_t>(test_size > 0 ? test_size : data.test.size()));
  std::iota(split.test.begin(), split.test.end(), 0u);
  return split;
}

}  // namespace adares
