// Plain reads; files are small by definition.
#include "client/sweep_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/problem.h"
#include "core/utf8.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;

constexpr ptrdiff_t kFilesShown = 3;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

bool IsFolder(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// Whether it says so itself; what is wrong in it comes out when it is read.
bool IsSweepFile(const fs::path& path) {
  constexpr size_t kEnough = 4096;  // comments stand first
  std::error_code ignored;
  const std::string ending = path.extension();
  const bool may_be = ending == ".yaml" || ending == ".yml" || ending == ".json";
  if (!may_be || !fs::is_regular_file(path, ignored)) return false;
  std::string text(kEnough, '\0');
  std::ifstream(path, std::ios::binary).read(text.data(), kEnough);
  return text.find("adares/v1") != std::string::npos;
}

// What to give instead of a folder.
std::string FilesToName(const std::string& folder) {
  std::set<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (IsSweepFile(entry->path())) found.insert(entry->path());
  }
  if (found.empty()) return "a sweep file is expected, YAML or JSON; there is none in this folder";
  const auto shown = std::next(found.begin(), std::min(std::ssize(found), kFilesShown));
  return absl::StrCat("name a sweep file in it: ", absl::StrJoin(found.begin(), shown, ", "),
                      shown == found.end() ? "" : ", ...");
}

absl::Status CannotRead(const std::string& path, const std::string& why) {
  return UsageError(absl::StrCat("cannot read ", path, ": ", why));
}

// The first that is no UTF-8, from 1.
int ForeignLine(std::string_view text) {
  int number = 1;
  for (; IsUtf8(text.substr(0, text.find('\n'))); ++number) text.remove_prefix(text.find('\n') + 1);
  return number;
}

}  // namespace

absl::StatusOr<SweepFile> ReadSweepFile(const std::string& path) {
  const bool is_standard_input = path == "-";
  SweepFile result;
  result.origin = is_standard_input ? "standard input" : path;
  if (IsFolder(path)) return WithHint(CannotRead(path, "it is a folder"), FilesToName(path));
  const std::unique_ptr<std::FILE, CloseFile> file(
      is_standard_input ? stdin : std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return CannotRead(path, std::strerror(errno));
  char buffer[4096];
  for (size_t count; (count = std::fread(buffer, 1, sizeof(buffer), file.get())) > 0;) {
    result.text.append(buffer, count);
    if (result.text.size() > kMaxSweepFileBytes) {
      return CannotRead(result.origin, "it is larger than 1 MiB; is it a sweep file?");
    }
  }
  if (std::ferror(file.get()) != 0) return CannotRead(result.origin, std::strerror(errno));
  if (!IsUtf8(result.text)) {
    return CannotRead(result.origin, absl::StrCat("line ", ForeignLine(result.text),
                                                  " is not UTF-8; save the file as UTF-8"));
  }
  return result;
}

absl::StatusOr<std::vector<Override>> ParseOverrides(const std::vector<std::string>& texts,
                                                     const std::string& name) {
  std::vector<Override> overrides;
  if (!name.empty()) overrides.push_back({std::string(kSweepNamePath), name});
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return UsageError(absl::StrCat("--set ", text, ": there is no PATH=VALUE"),
                        "for example: --set train.epochs=2");
    }
    overrides.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return overrides;
}

v1::CreateSweepRequest MakeCreateRequest(const SweepFile& file,
                                         const std::vector<Override>& overrides) {
  v1::CreateSweepRequest request;
  request.set_spec_text(file.text);
  request.set_origin(file.origin);
  for (const Override& change : overrides) {
    v1::SpecOverride* entry = request.add_overrides();
    entry->set_path(change.path);
    entry->set_value(change.value);
  }
  return request;
}

}  // namespace adares::client
