// From a trial's data section to pictures: loads a data set and divides it for one trial.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/trial_spec.h"
#include "worker/trainer/image_set.h"

namespace adares {

// Loads or makes `dataset`. `data_dir` holds mnist/ and cifar-10-batches-bin/; it is not needed for
// the synthetic set. Errors as in dataset_files.h; FAILED_PRECONDITION where a folder is needed and
// none was named. Blocks for up to a second or so.
absl::StatusOr<std::shared_ptr<const ImageData>> LoadDataset(Dataset dataset,
                                                             const std::string& data_dir);

// Which pictures a trial uses for what. Training and validation are disjoint parts of the training
// set, drawn by the trial's seed.
struct DataSplit {
  std::vector<uint32_t> train;       // indices into the training set
  std::vector<uint32_t> validation;  // indices into the training set
  std::vector<uint32_t> test;        // indices into the test set, the first ones
};

// INVALID_ARGUMENT naming the numbers where the wanted sizes do not fit the data set.
absl::StatusOr<DataSplit> SplitData(const TrialSpec& spec, const ImageData& data);

}  // namespace adares
