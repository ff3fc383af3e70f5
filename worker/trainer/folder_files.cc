// Lists by std::filesystem, sorts by bytes, decodes one file after another.
#include "worker/trainer/folder_files.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <new>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "worker/trainer/file_bytes.h"
#include "worker/trainer/png_picture.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

constexpr char kLayout[] = "expected are train/CLASS/*.png and test/CLASS/*.png";
constexpr size_t kFewestClasses = 2;
constexpr size_t kMostClasses = 1000;
constexpr size_t kMostPictures = 10'000'000;  // of a part
constexpr size_t kMostFileBytes = 1 << 20;    // five times the pixels of the largest picture

using Labels = std::map<std::string, uint16_t>;  // by class

// The entries of a folder whose names do not begin with a dot, sorted.
absl::StatusOr<std::vector<fs::path>> SortedEntries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().filename().native().starts_with('.')) entries.push_back(entry->path());
  }
  if (error) {
    return absl::NotFoundError(absl::StrCat(folder.native(), ": ", error.message(), "; ", kLayout));
  }
  std::sort(entries.begin(), entries.end(),
            [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  return entries;
}

// What cannot be examined, a link that leads nowhere say, may be a class: without it all others
// would have other labels.
absl::StatusOr<std::vector<fs::path>> ClassFolders(const fs::path& part) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<fs::path> entries, SortedEntries(part));
  std::vector<fs::path> folders;
  for (const fs::path& entry : entries) {
    std::error_code error;
    const fs::file_status status = fs::status(entry, error);
    if (error) {
      return absl::NotFoundError(
          absl::StrCat(entry.native(), ": ", error.message(), "; ", kLayout));
    }
    if (fs::is_directory(status)) folders.push_back(entry);
  }
  return folders;
}

absl::StatusOr<Labels> NameClasses(const fs::path& train) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<fs::path> folders, ClassFolders(train));
  if (folders.size() < kFewestClasses || folders.size() > kMostClasses) {
    return absl::InvalidArgumentError(
        absl::StrCat(train.native(), ": has ", folders.size(), " folders, one a class; there must ",
                     "be ", kFewestClasses, " to ", kMostClasses, "; ", kLayout));
  }
  Labels labels;
  for (const fs::path& folder : folders) {
    labels.emplace(folder.filename().native(), static_cast<uint16_t>(labels.size()));
  }
  return labels;
}

bool IsPng(const fs::path& path) {
  return absl::AsciiStrToLower(path.extension().native()) == ".png";
}

// A picture, and what its place in the part is by.
struct Place {
  size_t number = 0;  // in its class
  PictureFile file;
};

absl::Status ListClass(const fs::path& folder, uint16_t label, std::vector<Place>& places) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<fs::path> entries, SortedEntries(folder));
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!IsPng(entries[i])) {
      return absl::InvalidArgumentError(absl::StrCat(
          entries[i].native(), ": is no .png file; convert it, or move it out of the class"));
    }
    places.push_back({i, {entries[i].native(), label}});
  }
  if (places.size() <= kMostPictures) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(folder.parent_path().native(), ": has more than ", kMostPictures, " pictures"));
}

// The files of all classes, those of each class together.
absl::StatusOr<std::vector<Place>> ListClasses(const fs::path& part, const Labels& labels) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<fs::path> folders, ClassFolders(part));
  std::vector<Place> places;
  for (const fs::path& folder : folders) {
    const auto label = labels.find(folder.filename().native());
    if (label == labels.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(folder.native(), ": there is no such class in train/; ", kLayout));
    }
    ADARES_RETURN_IF_ERROR(ListClass(folder, label->second, places));
  }
  return places;
}

absl::StatusOr<std::vector<PictureFile>> ListPart(const fs::path& part, const Labels& labels) {
  ADARES_ASSIGN_OR_RETURN(std::vector<Place> places, ListClasses(part, labels));
  if (places.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(part.native(), ": has no pictures; ", kLayout));
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::tie(a.number, a.file.label) < std::tie(b.number, b.file.label);
  });
  std::vector<PictureFile> files;
  files.reserve(places.size());
  for (Place& place : places) files.push_back(std::move(place.file));
  return files;
}

// In the order of the part, the first pictures of the classes come first.
absl::Status CheckThatEachClassHasPictures(const fs::path& train, const Labels& labels,
                                           const std::vector<PictureFile>& files) {
  size_t label = 0;
  while (label < labels.size() && label < files.size() && files[label].label == label) ++label;
  for (const auto& [name, number] : labels) {
    if (number != label) continue;
    return absl::InvalidArgumentError(
        absl::StrCat((train / name).native(), ": has no pictures; ", kLayout));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint8_t>> ReadPicture(const std::string& path) {
  return ReadFileBytes(path, "a picture is a PNG file", kMostFileBytes);
}

absl::Status CheckMemory(const FolderListing& listing, const ImageShape& shape) {
  const int64_t needed =
      static_cast<int64_t>(listing.train.size() + listing.test.size()) * shape.Bytes();
  const int64_t memory = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  if (needed <= memory) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the pictures need ", needed >> 20, " MiB of memory, and the machine has ",
                   memory >> 20, "; take smaller pictures or fewer"));
}

absl::StatusOr<DecodedPart> ReadPart(const std::vector<PictureFile>& files,
                                     const ImageShape& shape) {
  DecodedPart part;
  const size_t bytes = static_cast<size_t>(shape.Bytes());
  try {
    part.pixels.resize(files.size() * bytes);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there is no memory for ", files.size(), " pictures"));
  }
  for (size_t i = 0; i < files.size(); ++i) {
    ADARES_ASSIGN_OR_RETURN(const std::vector<uint8_t> file, ReadPicture(files[i].path));
    ADARES_RETURN_IF_ERROR(DecodePng(files[i].path, file, shape, part.pixels.data() + i * bytes));
    part.labels.push_back(files[i].label);
  }
  return part;
}

}  // namespace

absl::StatusOr<FolderListing> ListFolder(const std::string& folder) {
  const fs::path train = fs::path(folder) / "train";
  ADARES_ASSIGN_OR_RETURN(const Labels labels, NameClasses(train));
  FolderListing listing;
  listing.classes = static_cast<int64_t>(labels.size());
  ADARES_ASSIGN_OR_RETURN(listing.train, ListPart(train, labels));
  ADARES_RETURN_IF_ERROR(CheckThatEachClassHasPictures(train, labels, listing.train));
  ADARES_ASSIGN_OR_RETURN(listing.test, ListPart(fs::path(folder) / "test", labels));
  return listing;
}

absl::StatusOr<DecodedData> ReadFolder(const FolderListing& listing) {
  const std::string& first = listing.train.front().path;
  ADARES_ASSIGN_OR_RETURN(const std::vector<uint8_t> file, ReadPicture(first));
  DecodedData data;
  ADARES_ASSIGN_OR_RETURN(data.shape, ReadPngShape(first, file));
  ADARES_RETURN_IF_ERROR(CheckMemory(listing, data.shape));
  data.classes = listing.classes;
  ADARES_ASSIGN_OR_RETURN(data.train, ReadPart(listing.train, data.shape));
  ADARES_ASSIGN_OR_RETURN(data.test, ReadPart(listing.test, data.shape));
  data.statistics = MeasureStatistics(data.train.pixels, data.shape.channels);
  return data;
}

}  // namespace adares
