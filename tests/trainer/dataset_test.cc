// Loading by name.
#include "worker/trainer/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/dataset_table.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/png_bytes.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
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
  for (const char* file : {"pets/train/cat/1.png", "pets/train/dog/1.png", "pets/test/cat/1.png"}) {
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
  // A new picture is seen, and what was decoded before is gone.
  fixtures::WriteTextFile(folder / "pets/train/dog/2.png", PngBytes(GreyPng(5)));
  const auto data = DatasetLoader(folder.path(), cache).Load(spec);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.size(), 3);
  const auto is_data = [](const auto& entry) { return entry.path().extension() == ".v1"; };
  EXPECT_EQ(std::count_if(fs::directory_iterator(cache), {}, is_data), 1);
}

// Their pictures keep their sizes and times.
TEST(DatasetLoaderTest, ClassesThatChangeNamesAreOtherData) {
  const fixtures::TempFolder folder;
  for (const char* file : {"train/cat/1.png", "train/dog/1.png", "test/dog/1.png"}) {
    const Png png = GreyPng(std::string_view(file).starts_with("train/cat") ? 1 : 2);
    fixtures::WriteTextFile(folder / ("pets/" + std::string(file)), PngBytes(png));
  }
  const DataSpec spec{.dataset = Dataset::kFolder, .folder = "pets"};
  const auto first_of_cats = [&] {
    const auto data = DatasetLoader(folder.path(), folder / "cache").Load(spec);
    return data.ok() ? data->train.pixels[0] : 0;
  };
  const auto place = [&](const char* name) { return folder / ("pets/train/" + std::string(name)); };
  // Until both are changed within one tick of the file system's clock.
  const fs::file_time_type time = fs::last_write_time(place("cat/1.png"));
  const auto are_alike = [&] {
    struct stat cat {};
    struct stat dog {};
    stat(place("cat/1.png").c_str(), &cat);
    stat(place("dog/1.png").c_str(), &dog);
    return cat.st_ctim.tv_sec == dog.st_ctim.tv_sec && cat.st_ctim.tv_nsec == dog.st_ctim.tv_nsec;
  };
  for (int i = 0; i == 0 || (i < 1000 && !are_alike()); ++i) {
    for (const char* file : {"cat/1.png", "dog/1.png"}) fs::last_write_time(place(file), time);
  }
  if (!are_alike()) GTEST_SKIP() << "the file system's clock is too fine";
  EXPECT_EQ(first_of_cats(), 1);
  fs::rename(place("cat"), place("other"));
  fs::rename(place("dog"), place("cat"));
  fs::rename(place("other"), place("dog"));
  EXPECT_EQ(first_of_cats(), 2);
}

// The text of the path alone would name the wrong folder, whose pictures the cache then had.
TEST(DatasetLoaderTest, FolderBehindALinkIsTheOneThatTheSystemFinds) {
  const fixtures::TempFolder folder;
  for (const char* file : {"train/cat/1.png", "train/dog/1.png", "test/dog/1.png"}) {
    fixtures::WriteTextFile(folder / ("data/pets/" + std::string(file)), PngBytes(GreyPng(1)));
    fixtures::WriteTextFile(folder / ("far/data/pets/" + std::string(file)), PngBytes(GreyPng(2)));
  }
  fs::create_directories(folder / "far/away");
  fs::create_directory_symlink("far/away", folder / "link");
  const DataSpec spec{.dataset = Dataset::kFolder, .folder = "pets"};
  for (const auto& [data_dir, first] :
       {std::pair{folder / "data", 1}, std::pair{folder / "link/../data", 2}}) {
    const auto data = DatasetLoader(data_dir, folder / "cache").Load(spec);
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(data->train.pixels[0], first) << data_dir;
  }
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
