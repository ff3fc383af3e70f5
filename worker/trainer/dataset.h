// From the name of a data set to its pictures.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/trial_spec.h"
#include "worker/trainer/data_cache.h"
#include "worker/trainer/image_set.h"

namespace adares {

// Not thread-safe.
class DatasetLoader {
 public:
  // `data_dir` is the folder of data sets, `cache_dir` that of decoded ones; either may be empty.
  DatasetLoader(std::string data_dir, std::string cache_dir);

  // Loads or makes spec.dataset, of spec.folder where it is `folder`. Errors as in dataset_files.h
  // and folder_files.h; FAILED_PRECONDITION where a folder of data sets is needed and none was
  // named. Blocks for up to a second or so, with a large folder for minutes; not where it is the
  // one that was loaded last and its files are as they were.
  absl::StatusOr<ImageData> Load(const DataSpec& spec);

 private:
  ImageData LoadSynthetic();

  const std::string data_dir_;
  DataCache cache_;
  std::optional<ImageData> synthetic_;  // where it was loaded last
};

}  // namespace adares
