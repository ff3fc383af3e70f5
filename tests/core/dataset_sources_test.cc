// The table of sources against the table of files, and against itself.
#include "core/dataset_sources.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "core/dataset_table.h"

namespace adares {
namespace {

TEST(DatasetSourcesTest, EveryFileOfADatasetComesOutOfOneArchive) {
  for (const Dataset dataset :
       {Dataset::kMnist, Dataset::kFashionMnist, Dataset::kCifar10, Dataset::kCifar100}) {
    const auto source = SourceOfDataset(dataset);
    ASSERT_TRUE(source);
    EXPECT_EQ(source->dataset, Name(dataset));
    std::vector<std::string> files;
    for (const DataArchive& archive : source->archives) {
      for (const DataFile& file : archive.files) {
        files.push_back(file.path);
        EXPECT_TRUE(file.path.starts_with(source->folder + "/")) << file.path;
      }
    }
    EXPECT_EQ(files, FilesOfDataset(dataset));
  }
  EXPECT_FALSE(SourceOfDataset(Dataset::kSynthetic));
  EXPECT_FALSE(SourceOfDataset(Dataset::kFolder));
}

// The sizes that the publishers' pages name.
TEST(DatasetSourcesTest, FilesHaveThePublishedSizes) {
  const auto sizes = [](Dataset dataset) {
    std::vector<int64_t> all;
    const DatasetSource source = SourceOfDataset(dataset).value();
    for (const DataArchive& archive : source.archives) {
      for (const DataFile& file : archive.files) all.push_back(FileBytes(file));
    }
    return all;
  };
  EXPECT_EQ(sizes(Dataset::kMnist), (std::vector<int64_t>{47'040'016, 60'008, 7'840'016, 10'008}));
  EXPECT_EQ(sizes(Dataset::kCifar10), std::vector<int64_t>(6, 30'730'000));
  EXPECT_EQ(sizes(Dataset::kCifar100), (std::vector<int64_t>{153'700'000, 30'740'000}));
}

TEST(DatasetSourcesTest, ArchivesCanBeFetchedAndChecked) {
  std::set<std::string> checksums;
  size_t archives = 0;
  for (const DatasetSource& source : DatasetSources()) {
    EXPECT_FALSE(source.addresses.empty());
    for (const std::string& address : source.addresses) {
      EXPECT_TRUE(std::regex_match(address, std::regex("https?://[^ ]+/"))) << address;
    }
    for (const DataArchive& archive : source.archives) {
      ++archives;
      EXPECT_GT(archive.bytes, 0);
      EXPECT_TRUE(std::regex_match(archive.sha256, std::regex("[0-9a-f]{64}"))) << archive.name;
      checksums.insert(archive.sha256);
      for (const DataFile& file : archive.files) {
        EXPECT_TRUE(std::regex_match(file.sha256, std::regex("|[0-9a-f]{64}"))) << file.path;
      }
    }
  }
  EXPECT_EQ(checksums.size(), archives);
}

}  // namespace
}  // namespace adares
