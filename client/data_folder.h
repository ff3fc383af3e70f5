// Which data sets lie in a folder, by names and sizes of files. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/dataset_sources.h"

namespace adares::client {

struct DatasetPresence {
  enum class State {
    kBuiltIn,   // needs no files
    kComplete,  // all files, with the sizes that they must have
    kPacked,    // what is missing is there as it is published
    kIncomplete,
    kAbsent,
  };
  std::string dataset;  // the word of `data.dataset`
  std::string folder;   // below the folder of data sets; empty for built-in data
  State state = State::kAbsent;
  std::vector<std::string> missing;     // files that are not there, below the folder of data sets
  std::vector<std::string> wrong_size;  // and those that cannot be right
  int64_t train_pictures = 0;
  int64_t test_pictures = 0;
  int64_t classes = 0;
  int64_t bytes = 0;  // on the disk
};

// One published data set in the folder `data`, which may be empty: nothing is there then.
DatasetPresence LookAtSource(const std::string& data, const DatasetSource& source);

// All that the trainer knows: `sources`, synthetic data, and folders of pictures in `data` whose
// classes are folders in NAME/train/ and NAME/test/. Those come last, by name.
std::vector<DatasetPresence> LookAtFolder(const std::string& data,
                                          const std::vector<DatasetSource>& sources);

}  // namespace adares::client
