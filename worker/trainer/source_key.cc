// SHA-256 over what stat says.
#include "worker/trainer/source_key.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"

namespace adares {
namespace {

std::string Text(const timespec& time) { return absl::StrCat(time.tv_sec, ".", time.tv_nsec); }

}  // namespace

std::string SourceKey(const std::vector<std::string>& paths) {
  Sha256 hash;
  for (const std::string& path : paths) {
    struct stat status {};
    hash.Add(path);
    hash.Add({"\0", 1});  // no path has it
    if (stat(path.c_str(), &status) == 0) {
      hash.Add(absl::StrCat(status.st_size, " ", Text(status.st_mtim), " ", Text(status.st_ctim)));
    }
    hash.Add("\n");
  }
  return hash.Hex();
}

}  // namespace adares
