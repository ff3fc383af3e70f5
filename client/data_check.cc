// The files are those of the publishers' archives, unpacked.
#include "client/data_check.h"

#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/problem.h"
#include "core/dataset_table.h"
#include "core/status.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;

absl::Status CheckFiles(const std::string& data, Dataset dataset,
                        const std::vector<std::string>& files) {
  const std::string folder = fs::path(files.front()).parent_path().string();
  if (data.empty()) {
    return UsageError(
        absl::StrCat("this sweep needs the data in ", folder,
                     "/, and no folder of data sets is named"),
        absl::StrCat("name it with --data DIR or ADARES_DATA_DIR; `adares data fetch ",
                     std::string(Name(dataset)),
                     " --data DIR` fills it; --set data.dataset=synthetic needs none"));
  }
  std::vector<std::string> missing;
  bool is_packed = false;
  for (const std::string& file : files) {
    std::error_code unreadable;  // is as good as missing
    const fs::path path = fs::path(data) / file;
    if (fs::is_regular_file(path, unreadable)) continue;
    missing.push_back(file);
    is_packed = is_packed || fs::exists(path.string() + ".gz", unreadable);
  }
  if (missing.empty()) return absl::OkStatus();
  return UsageError(
      absl::StrCat("this sweep needs files that are not in ", data, ": ",
                   absl::StrJoin(missing, ", ")),
      is_packed
          ? absl::StrCat("unpack what ends in .gz: gunzip ", data, "/", folder, "/*.gz")
          : absl::StrCat("`adares data fetch ", std::string(Name(dataset)), " --data ", data,
                         "` brings them; or name with --data the folder that holds ", folder, "/"));
}

// What is in it, only the trainer knows.
absl::Status CheckPictureFolder(const std::string& data, const std::string& folder) {
  std::error_code unreadable;  // is as good as missing
  if (!data.empty() && fs::is_directory(fs::path(data) / folder / "train", unreadable)) {
    return absl::OkStatus();
  }
  return UsageError(absl::StrCat("this sweep needs the folder ", folder,
                                 "/train with a folder of PNG files for each class, and ",
                                 data.empty() ? "no folder of data sets is named"
                                              : absl::StrCat("it is not in ", data)),
                    "name what holds it with --data DIR or ADARES_DATA_DIR");
}

}  // namespace

absl::Status CheckData(const SweepPlan& plan, const std::string& data) {
  std::set<std::pair<Dataset, std::string>> needed;
  for (const Variant& variant : plan.variants) {
    needed.emplace(variant.spec.data.dataset, variant.spec.data.folder);
  }
  for (const auto& [dataset, folder] : needed) {
    if (dataset == Dataset::kFolder) {
      ADARES_RETURN_IF_ERROR(CheckPictureFolder(data, folder));
      continue;
    }
    const std::vector<std::string> files = FilesOfDataset(dataset);
    if (!files.empty()) ADARES_RETURN_IF_ERROR(CheckFiles(data, dataset, files));
  }
  return absl::OkStatus();
}

}  // namespace adares::client
