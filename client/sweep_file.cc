// Plain reads; files are small by definition.
#include "client/sweep_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/problem.h"
#include "core/utf8.h"

namespace adares::client {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

bool IsFolder(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
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
  if (IsFolder(path)) return CannotRead(path, "it is a folder");
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
