// The folders are those in which the data sets' own archives unpack.
#include "client/data_check.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "client/problem.h"

namespace adares::client {
namespace {

// Empty for data that need no files.
std::string FolderOf(Dataset dataset) {
  switch (dataset) {
    case Dataset::kMnist:
      return "mnist";
    case Dataset::kCifar10:
      return "cifar-10-batches-bin";
    case Dataset::kSynthetic:
      break;
  }
  return "";
}

}  // namespace

absl::Status CheckData(const SweepPlan& plan, const std::string& data) {
  for (const Variant& variant : plan.variants) {
    const std::string folder = FolderOf(variant.spec.data.dataset);
    if (folder.empty()) continue;
    if (data.empty()) {
      return UsageError(absl::StrCat("this sweep needs the data in ", folder,
                                     "/, and no folder of data sets is named"),
                        "name it with --data DIR or ADARES_DATA_DIR; "
                        "--set data.dataset=synthetic needs none");
    }
    std::error_code unreadable;
    if (!std::filesystem::is_directory(std::filesystem::path(data) / folder, unreadable)) {
      return UsageError(
          absl::StrCat("this sweep needs ", data, "/", folder, ", which is no folder"),
          "--data DIR names the folder that holds it");
    }
  }
  return absl::OkStatus();
}

}  // namespace adares::client
