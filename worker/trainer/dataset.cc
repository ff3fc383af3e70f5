// Which reader reads which data set.
#include "worker/trainer/dataset.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/dataset_table.h"
#include "core/status.h"
#include "worker/trainer/dataset_files.h"
#include "worker/trainer/folder_files.h"
#include "worker/trainer/synthetic.h"

namespace adares {
namespace {

absl::StatusOr<DecodedData> ReadPublished(Dataset dataset, const std::string& data_dir) {
  switch (dataset) {
    case Dataset::kMnist:
      return ReadMnist(data_dir);
    case Dataset::kFashionMnist:
      return ReadFashionMnist(data_dir);
    case Dataset::kCifar10:
      return ReadCifar10(data_dir);
    case Dataset::kCifar100:
      return ReadCifar100(data_dir);
    case Dataset::kFolder:
    case Dataset::kSynthetic:
      break;
  }
  return absl::InternalError("has no published files");
}

// The same files have the same names wherever a process was started. Links are followed as the
// system does: what "link/.." is, the text alone does not tell.
std::string Absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(path, error);
  if (!error) return canonical.native();
  std::error_code ignored;  // fails only where the working folder is gone
  return std::filesystem::absolute(path, ignored).native();
}

DataSource Published(Dataset dataset, const std::string& data_dir) {
  DataSource source;
  source.name = std::string(Name(dataset));
  for (const std::string& file : FilesOfDataset(dataset)) {
    source.files.push_back(Absolute(absl::StrCat(data_dir, "/", file)));
  }
  source.decode = [dataset, data_dir] { return ReadPublished(dataset, data_dir); };
  return source;
}

absl::StatusOr<DataSource> Folder(const std::string& name, const std::string& data_dir) {
  const std::string folder = Absolute(absl::StrCat(data_dir, "/", name));
  ADARES_ASSIGN_OR_RETURN(FolderListing listing, ListFolder(folder));
  DataSource source;
  source.name = absl::StrCat("folder-", name);
  source.place = folder;
  // A class that changes its name with another leaves its pictures as they were.
  source.files = {folder + "/train", folder + "/test"};
  for (const PictureFile& file : listing.train) source.files.push_back(file.path);
  for (const PictureFile& file : listing.test) source.files.push_back(file.path);
  source.decode = [listing = std::move(listing)] { return ReadFolder(listing); };
  return source;
}

}  // namespace

DatasetLoader::DatasetLoader(std::string data_dir, std::string cache_dir)
    : data_dir_(std::move(data_dir)), cache_(std::move(cache_dir)) {}

// Takes half a second, once a process: not worth 74 MB on the disk of everybody who tries it.
ImageData DatasetLoader::LoadSynthetic() {
  cache_.Forget();
  if (!synthetic_) synthetic_ = KeepInMemory(MakeSynthetic());
  return *synthetic_;
}

absl::StatusOr<ImageData> DatasetLoader::Load(const DataSpec& spec) {
  if (spec.dataset == Dataset::kSynthetic) return LoadSynthetic();
  synthetic_.reset();
  if (data_dir_.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data.dataset ", std::string(Name(spec.dataset)),
        " needs files and no folder is set; give --data DIR or set ADARES_DATA_DIR, or "
        "use data.dataset: synthetic"));
  }
  if (spec.dataset != Dataset::kFolder) return cache_.Get(Published(spec.dataset, data_dir_));
  ADARES_ASSIGN_OR_RETURN(const DataSource source, Folder(spec.folder, data_dir_));
  return cache_.Get(source);
}

}  // namespace adares
