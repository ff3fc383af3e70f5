// Reads no file. What cannot be looked at is as good as missing.
#include "client/data_folder.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/ascii.h"
#include "core/dataset_table.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;
using State = DatasetPresence::State;

// Nothing where there is no such file.
std::optional<int64_t> SizeOfFile(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  const uintmax_t size = fs::file_size(path, error);
  return error ? std::nullopt : std::optional<int64_t>(size);
}

bool IsPackedThere(const fs::path& data, const std::string& folder, const DataArchive& archive) {
  return SizeOfFile(data / folder / archive.name) || SizeOfFile(data / archive.name);
}

int64_t ClassesOf(DataForm form) { return form == DataForm::kCifar100 ? 100 : 10; }

// The trainer passes over names that begin with a dot too.
std::vector<fs::path> VisibleEntries(const fs::path& path) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().filename().native().starts_with('.')) entries.push_back(entry->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<fs::path> FoldersIn(const fs::path& path) {
  std::vector<fs::path> folders = VisibleEntries(path);
  std::erase_if(folders, [](const fs::path& entry) {
    std::error_code error;
    return !fs::is_directory(entry, error);
  });
  return folders;
}

// Pictures of one part, whose classes are folders.
int64_t CountPictures(const fs::path& part, DatasetPresence& presence) {
  int64_t pictures = 0;
  for (const fs::path& one_class : FoldersIn(part)) {
    for (const fs::path& entry : VisibleEntries(one_class)) {
      // As the trainer takes them: "A.PNG" too.
      if (absl::AsciiStrToLower(entry.extension().native()) != ".png") continue;
      ++pictures;
      presence.bytes += SizeOfFile(entry).value_or(0);
    }
  }
  return pictures;
}

// A folder without pictures to train on is something else.
std::optional<DatasetPresence> LookAtPictures(const fs::path& folder) {
  DatasetPresence presence;
  presence.dataset = Name(Dataset::kFolder);
  presence.folder = folder.filename().string();
  presence.classes = static_cast<int64_t>(FoldersIn(folder / "train").size());
  presence.train_pictures = CountPictures(folder / "train", presence);
  if (presence.train_pictures == 0) return std::nullopt;
  presence.test_pictures = CountPictures(folder / "test", presence);
  presence.state = presence.test_pictures > 0 ? State::kComplete : State::kIncomplete;
  if (presence.test_pictures == 0) presence.missing.push_back(presence.folder + "/test/");
  return presence;
}

DatasetPresence Synthetic() {
  DatasetPresence presence;
  presence.dataset = Name(Dataset::kSynthetic);
  presence.state = State::kBuiltIn;
  presence.train_pictures = kSyntheticSize.train;
  presence.test_pictures = kSyntheticSize.test;
  presence.classes = 10;
  return presence;
}

// Counts pictures by the test part's file, which is the last with pictures.
void CountRecords(const DatasetSource& source, DatasetPresence& presence) {
  int64_t last = 0;
  for (const DataArchive& archive : source.archives) {
    for (const DataFile& file : archive.files) {
      presence.classes = ClassesOf(file.form);
      if (file.form == DataForm::kIdxLabels) continue;
      last = file.records;
      presence.train_pictures += last;
    }
  }
  presence.train_pictures -= last;
  presence.test_pictures = last;
}

}  // namespace

DatasetPresence LookAtSource(const std::string& data, const DatasetSource& source) {
  DatasetPresence presence;
  presence.dataset = source.dataset;
  presence.folder = source.folder;
  CountRecords(source, presence);
  size_t files = 0;
  bool is_packed = !data.empty();
  for (const DataArchive& archive : source.archives) {
    const size_t missing_before = presence.missing.size();
    for (const DataFile& file : archive.files) {
      ++files;
      const auto size = data.empty() ? std::nullopt : SizeOfFile(fs::path(data) / file.path);
      if (!size) presence.missing.push_back(file.path);
      if (size && *size != FileBytes(file)) presence.wrong_size.push_back(file.path);
      presence.bytes += size.value_or(0);
    }
    if (presence.missing.size() > missing_before && !data.empty()) {
      is_packed = is_packed && IsPackedThere(data, source.folder, archive);
    }
  }
  if (presence.missing.empty() && presence.wrong_size.empty()) {
    presence.state = State::kComplete;
  } else if (is_packed && presence.wrong_size.empty()) {
    presence.state = State::kPacked;
  } else {
    presence.state = presence.missing.size() == files ? State::kAbsent : State::kIncomplete;
  }
  return presence;
}

std::vector<DatasetPresence> LookAtFolder(const std::string& data,
                                          const std::vector<DatasetSource>& sources) {
  std::vector<DatasetPresence> found;
  std::set<std::string> published;
  for (const DatasetSource& source : sources) {
    found.push_back(LookAtSource(data, source));
    published.insert(source.folder);
  }
  found.push_back(Synthetic());
  if (data.empty()) return found;
  for (const fs::path& folder : FoldersIn(data)) {
    if (published.contains(folder.filename().string())) continue;
    if (auto pictures = LookAtPictures(folder)) found.push_back(*std::move(pictures));
  }
  return found;
}

}  // namespace adares::client
