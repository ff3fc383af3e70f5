// For readers of data sets that consist of several files.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset_table.h"

namespace adares {

// Takes each file of the data set away in turn: `error()`, what reading says then, must name it.
// And there are no other files in `data_dir`.
template <typename Error>
void ExpectEachFileIsMissed(const std::string& data_dir, Dataset dataset, Error error) {
  namespace fs = std::filesystem;
  const std::vector<std::string> files = FilesOfDataset(dataset);
  for (const std::string& file : files) {
    const fs::path path = fs::path(data_dir) / file;
    const fs::path aside = path.string() + ".aside";
    fs::rename(path, aside);
    EXPECT_THAT(error(), testing::HasSubstr(path.string()));
    fs::rename(aside, path);
  }
  ptrdiff_t written = 0;
  for (const auto& entry : fs::recursive_directory_iterator(data_dir)) {
    written += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(written, std::ssize(files));
}

}  // namespace adares
