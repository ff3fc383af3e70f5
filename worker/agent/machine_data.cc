#include "worker/agent/machine_data.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "core/dataset_table.h"
#include "core/requirement.h"
#include "core/utf8.h"

namespace adares::worker {
namespace {

namespace fs = std::filesystem;

constexpr Dataset kPublished[] = {Dataset::kMnist, Dataset::kFashionMnist, Dataset::kCifar10,
                                  Dataset::kCifar100};

bool HasFiles(const fs::path& folder, const std::vector<std::string>& files) {
  return std::all_of(files.begin(), files.end(), [&](const std::string& file) {
    std::error_code unreadable;  // is as good as missing
    return fs::is_regular_file(folder / file, unreadable);
  });
}

}  // namespace

std::set<std::string> DatasetsIn(const std::string& data_dir) {
  std::set<std::string> names;
  if (data_dir.empty()) return names;
  for (const Dataset dataset : kPublished) {
    if (HasFiles(data_dir, FilesOfDataset(dataset))) names.emplace(Name(dataset));
  }
  std::error_code unreadable;
  for (fs::directory_iterator it(data_dir, unreadable), end; !unreadable && it != end;
       it.increment(unreadable)) {
    if (names.size() >= kMaxWorkerDatasets) break;
    std::error_code ignored;
    const std::string name = it->path().filename().string();
    // No sweep file can name one that is not UTF-8, and no message can carry it.
    if (name.size() <= kLongestFolderName && IsUtf8(name) &&
        fs::is_directory(it->path() / "train", ignored)) {
      names.insert("folder/" + name);
    }
  }
  return names;
}

}  // namespace adares::worker
