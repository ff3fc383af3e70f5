// By libarchive, which reads all kinds of tar. Names in the archive only choose among the files
// that are wanted; no path is ever made of one.
#include "client/unpack.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/archive_api.h"
#include "client/data_errors.h"
#include "client/partial_file.h"
#include "core/quoted_text.h"
#include "core/status.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = 1 << 18;

// One archive that is being unpacked.
class Unpacking {
 public:
  Unpacking(const ArchiveApi& api, const std::string& path, const DataArchive& archive,
            const std::string& folder)
      : api_(api),
        path_(path),
        archive_(archive),
        folder_(folder),
        reader_(api.read_new(), api.read_free) {
    for (const DataFile& file : archive.files) wanted_[file.path] = &file;
  }

  absl::Status Run() {
    ADARES_RETURN_IF_ERROR(Open());
    archive_entry* entry = nullptr;
    int result = ARCHIVE_OK;
    while ((result = api_.next_header(reader_.get(), &entry)) == ARCHIVE_OK ||
           result == ARCHIVE_WARN) {
      ADARES_RETURN_IF_ERROR(TakeEntry(entry));
    }
    if (result != ARCHIVE_EOF) return Damaged();
    if (wanted_.empty()) return absl::OkStatus();
    return Invalid(absl::StrCat("has no ", wanted_.begin()->first));
  }

 private:
  absl::Status Open() {
    api_.support_gzip(reader_.get());
    if (archive_.packing == Packing::kGzip) {
      api_.support_raw(reader_.get());
    } else {
      api_.support_tar(reader_.get());
    }
    const int opened = api_.open_filename(reader_.get(), path_.c_str(), kPieceBytes);
    return opened == ARCHIVE_OK ? absl::OkStatus() : Damaged();
  }

  absl::Status TakeEntry(archive_entry* entry) {
    if (archive_.packing == Packing::kGzip) return Write(archive_.files.front());
    const char* name = api_.pathname(entry);
    const fs::path path = name == nullptr ? "" : name;
    ADARES_RETURN_IF_ERROR(CheckPath(path));
    const auto type = api_.filetype(entry);
    if (type == AE_IFDIR) return absl::OkStatus();
    if (type != AE_IFREG || api_.hardlink(entry) != nullptr) {
      return Invalid(absl::StrCat("has an entry that is no file: ", Quoted(path.string())));
    }
    const auto wanted = wanted_.find(path.lexically_normal().string());
    if (wanted != wanted_.end()) return Write(*wanted->second);
    return IsOneOfOurs(path)
               ? Invalid(absl::StrCat("has ", path.lexically_normal().string(), " twice"))
               : absl::OkStatus();
  }

  absl::Status CheckPath(const fs::path& path) const {
    bool is_inside = !path.empty() && path.is_relative();
    for (const fs::path& part : path) is_inside = is_inside && part != "..";
    if (is_inside) return absl::OkStatus();
    return Invalid(absl::StrCat("has an entry outside of its folder: ", Quoted(path.string())));
  }

  bool IsOneOfOurs(const fs::path& path) const {
    for (const DataFile& file : archive_.files) {
      if (file.path == path.lexically_normal()) return true;
    }
    return false;
  }

  absl::Status Write(const DataFile& file) {
    wanted_.erase(file.path);
    const fs::path path = fs::path(folder_) / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      errno = error.value();
      return FolderError("make", path.parent_path().string());
    }
    ADARES_ASSIGN_OR_RETURN(const auto out, PartialFile::Open(path.string()));
    ADARES_RETURN_IF_ERROR(out->Clear());
    std::vector<char> piece(kPieceBytes);
    for (;;) {
      const la_ssize_t size = api_.read_data(reader_.get(), piece.data(), piece.size());
      if (size < 0) return Damaged();
      if (size == 0) break;
      // A small archive can hold endless zeros.
      if (out->size() + size > FileBytes(file)) return WrongSize(file, "more");
      ADARES_RETURN_IF_ERROR(out->Append({piece.data(), static_cast<size_t>(size)}));
    }
    return out->size() == FileBytes(file) ? out->Sync() : WrongSize(file, "less");
  }

  absl::Status WrongSize(const DataFile& file, const char* how) const {
    return Invalid(absl::StrCat("has ", how, " than ", FileBytes(file), " bytes in ", file.path));
  }

  absl::Status Damaged() const {
    const char* what = api_.error_string(reader_.get());
    return Invalid(absl::StrCat("is damaged: ", what == nullptr ? "unknown error" : what));
  }

  absl::Status Invalid(const std::string& what) const {
    return MakeError(absl::StatusCode::kInternal, reason::kDataInvalid,
                     absl::StrCat(archive_.name, " ", what));
  }

  const ArchiveApi& api_;
  const std::string& path_;
  const DataArchive& archive_;
  const std::string& folder_;
  std::unique_ptr<archive, decltype(archive_read_free)*> reader_;
  std::map<std::string, const DataFile*> wanted_;  // those that have not come yet
};

}  // namespace

absl::Status Unpack(const std::string& path, const DataArchive& archive,
                    const std::string& folder) {
  ADARES_ASSIGN_OR_RETURN(const ArchiveApi* api, ArchiveApi::Load());
  return Unpacking(*api, path, archive, folder).Run();
}

}  // namespace adares::client
