// Loading by name.
#include "worker/trainer/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/dataset_table.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/png_bytes.h"

namespace adares {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(DatasetLoaderTest, SyntheticNeedsNoFiles) {
  const auto data = DatasetLoader("", "").Load({.dataset = Dataset::kSynthetic, .folder = {}});
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.size(), kSyntheticSize.train);
  EXPECT_EQ(data->test.size(), kSyntheticSize.test);
  EXPECT_EQ(data->classes, 10);
}

TEST(DatasetLoaderTest, FilesWithoutFolderNameTheWayOut) {
  const auto data = DatasetLoader("", "").Load({.dataset = Dataset::kMnist, .folder = {}});
  EXPECT_EQ(data.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(data.status().message()),
              AllOf(HasSubstr("mnist"), HasSubstr("ADARES_DATA_DIR")));
}

TEST(DatasetLoaderTest, FilesAreSoughtWhereTheTableSays) {
  for (const Dataset dataset :
       {Dataset::kMnist, Dataset::kFashionMnist, Dataset::kCifar10, Dataset::kCifar100}) {
    const auto data = DatasetLoader("nowhere", "").Load({.dataset = dataset, .folder = {}});
    EXPECT_EQ(data.status().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(data.status().message()),
                HasSubstr("nowhere/" + FilesOfDataset(dataset).front()));
  }
}

TEST(DatasetLoaderTest, KeepsTheLastSetAndNoOther) {
  const fixtures::TempFolder folder;
  for (const char* file : {"pets/train/cat/1.png", "pets/test/cat/1.png"}) {
    fixtures::WriteTextFile(folder / file, PngBytes(GreyPng(4)));
  }
  DatasetLoader loader(folder.path(), folder / "cache");
  const DataSpec synthetic{.dataset = Dataset::kSynthetic, .folder = {}};
  const DataSpec pets{.dataset = Dataset::kFolder, .folder = "pets"};
  std::weak_ptr<const void> last;
  for (const DataSpec& spec : {synthetic, pets, synthetic}) {
    const std::weak_ptr<const void> before = last;
    last = loader.Load(spec)->memory;
    EXPECT_TRUE(before.expired());
    EXPECT_FALSE(last.expired());
    EXPECT_EQ(loader.Load(spec)->memory, last.lock());
  }
}

TEST(DatasetLoaderTest, FolderIsReadBelowTheFolderOfDataSetsAndKept) {
  const fixtures::TempFolder folder;
  for (const char* file : {"pets/train/cat/1.png", "pets/train/dog/1.png", "pets/test/dog/1.png"}) {
    fixtures::WriteTextFile(folder / file, PngBytes(GreyPng(4)));
  }
  const std::string cache = folder / "cache";
  const DataSpec spec{.dataset = Dataset::kFolder, .folder = "pets"};
  std::string digest;
  for (int i = 0; i < 2; ++i) {  // decoded, then mapped
    const auto data = DatasetLoader(folder.path(), cache).Load(spec);
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_THAT(data->train.labels, ElementsAre(0, 1));
    EXPECT_EQ(data->train.pixels[63], 67);
    if (i == 0) digest = data->digest;
    EXPECT_EQ(data->digest, digest);
  }
  // A new picture is seen.
  fixtures::WriteTextFile(folder / "pets/train/dog/2.png", PngBytes(GreyPng(5)));
  const auto data = DatasetLoader(folder.path(), cache).Load(spec);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.size(), 3);
}

TEST(RealDatasetTest, CacheHasTheBytesOfTheFiles) {
  const char* dir = std::getenv("ADARES_DATA_DIR");
  if (dir == nullptr) GTEST_SKIP() << "ADARES_DATA_DIR is not set";
  const fixtures::TempFolder folder;
  const DataSpec spec{.dataset = Dataset::kMnist, .folder = {}};
  const auto plain = DatasetLoader(dir, "").Load(spec);
  ASSERT_TRUE(plain.ok()) << plain.status();
  for (int i = 0; i < 2; ++i) {
    const auto cached = DatasetLoader(dir, folder.path()).Load(spec);
    ASSERT_TRUE(cached.ok()) << cached.status();
    EXPECT_EQ(DataDigest(*cached), plain->digest);
  }
}

}  // namespace
}  // namespace adares
