// One file for each data set in each place. Whoever finds it missing or stale takes the lock beside
// it, looks again, and decodes.
#include "worker/trainer/data_cache.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"
#include "core/status.h"
#include "worker/trainer/cache_file.h"
#include "worker/trainer/file_lock.h"
#include "worker/trainer/source_key.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

std::string AbsoluteOr(const char* variable, std::string_view below, std::string otherwise) {
  const char* const value = std::getenv(variable);
  if (value == nullptr || value[0] != '/') return otherwise;
  return absl::StrCat(value, "/", std::string(below));
}

// Other formats have other names, so that programs of two versions do not replace each other's
// files in turn. The sources' place is in the name, so that two places do not either.
std::string FileName(const DataSource& source) {
  Sha256 place;
  if (!source.place.empty()) {
    place.Add(absl::StrCat(source.place, "\n"));
  } else {
    for (const std::string& file : source.files) place.Add(absl::StrCat(file, "\n"));
  }
  return absl::StrCat(source.name, "-", place.Hex().substr(0, 16), ".v", kCacheFormat);
}

// Of a process that was killed as it wrote. Whoever holds the lock is the only one who writes.
void RemoveLeftovers(const fs::path& path) {
  const std::string prefix = path.filename().native() + ".partial-";
  std::error_code error;
  for (fs::directory_iterator entry(path.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().filename().native().starts_with(prefix)) fs::remove(entry->path(), ignored);
  }
}

absl::StatusOr<ImageData> Decode(const DataSource& source) {
  ADARES_ASSIGN_OR_RETURN(DecodedData decoded, source.decode());
  return KeepInMemory(std::move(decoded));
}

}  // namespace

std::string DefaultCacheFolder() {
  return AbsoluteOr("XDG_CACHE_HOME", "adares", AbsoluteOr("HOME", ".cache/adares", ""));
}

absl::StatusOr<ImageData> DataCache::Get(const DataSource& source) {
  const std::string key = SourceKey(source.files);
  if (last_ && last_key_ == key) return *last_;
  last_.reset();  // frees its memory before the next set is read
  ADARES_ASSIGN_OR_RETURN(last_, Load(source, key));
  last_key_ = key;
  return *last_;
}

absl::StatusOr<ImageData> DataCache::Load(const DataSource& source, const std::string& key) {
  if (folder_.empty()) {
    SayOnce("decoded pictures are not shared: neither --cache nor XDG_CACHE_HOME nor HOME is set");
    return Decode(source);
  }
  const std::string path = absl::StrCat(folder_, "/", FileName(source));
  if (auto data = MapCacheFile(path, key); data.ok()) return data;
  std::error_code error;
  fs::create_directories(folder_, error);
  const FileLock lock(path + ".lock");
  // Another may have been faster.
  auto data = MapCacheFile(path, key);
  if (data.ok()) return data;
  if (data.status().code() == absl::StatusCode::kDataLoss) {
    std::fprintf(stderr, "data: %s; it is made anew\n",
                 std::string(data.status().message()).c_str());
  }
  if (lock.is_held()) RemoveLeftovers(path);
  return DecodeAndKeep(source, path, key);
}

absl::StatusOr<ImageData> DataCache::DecodeAndKeep(const DataSource& source,
                                                   const std::string& path,
                                                   const std::string& key) {
  ADARES_ASSIGN_OR_RETURN(ImageData data, Decode(source));
  if (SourceKey(source.files) != key) {
    SayOnce("decoded pictures are not shared: the files changed as they were read");
    return data;
  }
  if (const absl::Status status = WriteCacheFile(path, key, data); !status.ok()) {
    SayOnce(absl::StrCat("decoded pictures are not shared: ", std::string(status.message())));
    return data;
  }
  // Now they are in memory twice; one is given back.
  auto mapped = MapCacheFile(path, key);
  if (mapped.ok()) return mapped;
  SayOnce(
      absl::StrCat("decoded pictures are not shared: ", std::string(mapped.status().message())));
  return data;
}

void DataCache::SayOnce(const std::string& text) {
  if (!std::exchange(has_said_, true)) std::fprintf(stderr, "data: %s\n", text.c_str());
}

}  // namespace adares
