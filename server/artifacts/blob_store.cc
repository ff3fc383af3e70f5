#include "server/artifacts/blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/checkpoint.h"
#include "core/sha256.h"
#include "core/status.h"
#include "server/artifacts/disk.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

constexpr char kIncoming[] = "incoming";
constexpr char kPart[] = ".part";
constexpr char kGone[] = ".gone";
constexpr size_t kHashedAtOnce = 1 << 20;

absl::Status Moved(const std::string& why, int64_t received) {
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kUploadMoved, why,
                   {{"received_bytes", absl::StrCat(received)}});
}

absl::Status WrongSize(const BlobName& blob, int64_t size_bytes) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
      absl::StrCat("blob ", blob.sha256, " has ", size_bytes, " bytes, not ", blob.size_bytes),
      {{"field", "size_bytes"}});
}

absl::StatusOr<std::string> HashOf(int fd, const std::string& path) {
  Sha256 hash;
  for (int64_t offset = 0;;) {
    ADARES_ASSIGN_OR_RETURN(const std::string bytes, ReadAt(fd, offset, kHashedAtOnce, path));
    if (bytes.empty()) return hash.Hex();
    hash.Add(bytes);
    offset += static_cast<int64_t>(bytes.size());
  }
}

}  // namespace

// What uploads of one blob share. `fd` is -1 while there is no file.
struct BlobStore::Part {
  explicit Part(std::string part_path) : path(std::move(part_path)) {}
  ~Part() { Close(); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  void Close() {
    if (fd >= 0) close(std::exchange(fd, -1));
  }

  const std::string path;
  std::mutex mutex;  // guards the rest, and the file; taken before the store's
  int fd = -1;
  int64_t turn = 0;  // of the upload that may write
};

BlobUpload::BlobUpload(BlobName blob, std::shared_ptr<BlobStore::Part> part, int64_t turn,
                       int64_t received)
    : blob_(std::move(blob)), part_(std::move(part)), turn_(turn), received_(received) {}

BlobUpload::~BlobUpload() = default;

BlobReader::~BlobReader() { close(fd_); }

absl::StatusOr<std::string> BlobReader::Read(int64_t offset, size_t limit) const {
  return ReadAt(fd_, offset, limit, "a blob");
}

absl::StatusOr<std::unique_ptr<BlobStore>> BlobStore::Open(const fs::path& folder,
                                                           const BlobStoreOptions& options,
                                                           Timestamp now) {
  std::error_code error;
  fs::create_directories(folder / kIncoming, error);
  if (error) return DiskError(error.value(), "make", (folder / kIncoming).string());
  std::unique_ptr<BlobStore> store(new BlobStore(folder, options));
  ADARES_RETURN_IF_ERROR(store->Load());
  store->RemoveOldParts(now);
  return store;
}

absl::Status BlobStore::Load() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ / kIncoming, error)) {
    std::error_code ignored;
    if (entry.path().extension() == kGone) fs::remove(entry.path(), ignored);
  }
  if (error) return DiskError(error.value(), "list", (folder_ / kIncoming).string());
  for (const auto& group : fs::directory_iterator(folder_, error)) {
    if (group.path().filename() == kIncoming) continue;
    std::error_code not_a_folder;
    for (const auto& entry : fs::directory_iterator(group.path(), not_a_folder)) {
      struct stat status;
      const std::string name = entry.path().filename();
      if (!IsSha256(name) || stat(entry.path().c_str(), &status) != 0) continue;
      index_.Add(name, status.st_size, FromMicros(int64_t{status.st_mtime} * 1'000'000));
    }
  }
  if (error) return DiskError(error.value(), "list", folder_.string());
  return absl::OkStatus();
}

fs::path BlobStore::PathOf(const std::string& sha256) const {
  return folder_ / sha256.substr(0, 2) / sha256;
}

fs::path BlobStore::PartOf(const std::string& sha256) const {
  return folder_ / kIncoming / absl::StrCat(sha256, kPart);
}

absl::Status BlobStore::CheckRoom(int64_t bytes) const {
  struct statvfs room;
  if (statvfs(folder_.c_str(), &room) != 0) return DiskError(errno, "look at", folder_.string());
  const auto free = static_cast<int64_t>(room.f_bavail) * static_cast<int64_t>(room.f_frsize);
  if (free - bytes >= options_.reserve_bytes) return absl::OkStatus();
  return StorageFull(absl::StrCat(folder_.string(), ": ", free, " bytes are free, ",
                                  options_.reserve_bytes, " are kept for the database"));
}

int64_t BlobStore::Received(const BlobName& blob) const {
  std::error_code no_part;
  const auto size = fs::file_size(PartOf(blob.sha256), no_part);
  if (no_part || static_cast<int64_t>(size) > blob.size_bytes) return 0;
  return static_cast<int64_t>(size);
}

absl::StatusOr<bool> BlobStore::IsWhole(const BlobName& blob, Timestamp now) {
  const std::optional<int64_t> size = index_.FindAndKeep(blob.sha256, now);
  if (size && *size != blob.size_bytes) return WrongSize(blob, *size);
  return size.has_value();
}

std::shared_ptr<BlobStore::Part> BlobStore::SharePart(const BlobName& blob) {
  const std::lock_guard lock(mutex_);
  std::erase_if(parts_, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<Part>& known = parts_[blob.sha256];
  std::shared_ptr<Part> part = known.lock();
  if (part == nullptr) known = part = std::make_shared<Part>(PartOf(blob.sha256).string());
  return part;
}

absl::StatusOr<std::unique_ptr<BlobUpload>> BlobStore::Begin(const BlobName& blob, int64_t offset,
                                                             Timestamp now) {
  const std::shared_ptr<Part> part = SharePart(blob);
  const std::lock_guard lock(part->mutex);
  ADARES_ASSIGN_OR_RETURN(const bool is_whole, IsWhole(blob, now));
  if (is_whole) return nullptr;
  if (part->fd < 0) part->fd = open(part->path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (part->fd < 0) return DiskError(errno, "open", part->path);
  struct stat status;
  if (fstat(part->fd, &status) != 0) return DiskError(errno, "look at", part->path);
  int64_t received = status.st_size;
  if (received > blob.size_bytes) {
    if (ftruncate(part->fd, 0) != 0) return DiskError(errno, "shorten", part->path);
    received = 0;
  }
  if (offset != received) {
    return Moved(absl::StrCat("the blob ends at ", received, " here, not at ", offset), received);
  }
  if (const absl::Status room = CheckRoom(blob.size_bytes - received); !room.ok()) {
    Drop(*part);
    return room;
  }
  return std::unique_ptr<BlobUpload>(new BlobUpload(blob, part, ++part->turn, received));
}

absl::Status BlobStore::Append(BlobUpload& upload, std::string_view bytes) {
  Part& part = *upload.part_;
  const std::lock_guard lock(part.mutex);
  ADARES_RETURN_IF_ERROR(CheckTurn(upload));
  const auto size = static_cast<int64_t>(bytes.size());
  if (upload.received_ + size > upload.blob_.size_bytes) {
    return InvalidField("chunk", absl::StrCat("the blob has ", upload.blob_.size_bytes,
                                              " bytes, and ", upload.received_, " are there"));
  }
  absl::Status written = CheckRoom(size);
  if (written.ok()) written = WriteAt(part.fd, upload.received_, bytes, part.path);
  if (written.ok()) {
    upload.received_ += size;
  } else {
    Drop(part);
  }
  return written;
}

absl::Status BlobStore::Finish(BlobUpload& upload, Timestamp now) {
  const BlobName& blob = upload.blob_;
  Part& part = *upload.part_;
  const std::lock_guard lock(part.mutex);
  ADARES_RETURN_IF_ERROR(CheckTurn(upload));
  if (!upload.is_complete()) return absl::InternalError("the blob is not complete");
  const absl::StatusOr<std::string> hash = HashOf(part.fd, part.path);
  absl::Status status = hash.status();
  if (status.ok() && *hash != blob.sha256) {
    status = MakeError(absl::StatusCode::kDataLoss, reason::kBlobMismatch,
                       absl::StrCat("the bytes of blob ", blob.sha256, " have the hash ", *hash),
                       {{"sha256", blob.sha256}});
  }
  if (status.ok() && fsync(part.fd) != 0) status = DiskError(errno, "flush", part.path);
  if (status.ok()) status = Place(part, blob, now);
  if (!status.ok()) Drop(part);
  part.Close();
  ++part.turn;  // it is over
  return status;
}

// The name, the folder on the disk and the index change together, so that a removal of an earlier
// blob of this name takes the earlier one or none.
absl::Status BlobStore::Place(const Part& part, const BlobName& blob, Timestamp now) {
  const fs::path path = PathOf(blob.sha256);
  const std::lock_guard lock(mutex_);
  std::error_code error;
  const bool is_new = fs::create_directory(path.parent_path(), error);
  if (error) return DiskError(error.value(), "make", path.parent_path().string());
  if (is_new) ADARES_RETURN_IF_ERROR(FlushFolder(folder_.string()));
  fs::rename(part.path, path, error);
  if (error) return DiskError(error.value(), "rename", part.path);
  ADARES_RETURN_IF_ERROR(FlushFolder(path.parent_path().string()));
  index_.Add(blob.sha256, blob.size_bytes, now);
  return absl::OkStatus();
}

absl::Status BlobStore::CheckTurn(const BlobUpload& upload) const {
  if (upload.part_->turn == upload.turn_) return absl::OkStatus();
  return Moved("another upload of this blob took over, or it was dropped", 0);
}

// Frees the space at once: others may need it. With the part's mutex held.
void BlobStore::Drop(Part& part) {
  if (part.fd >= 0 && ftruncate(part.fd, 0) != 0) {
    // The file goes anyway; its space does when the last who has it open closes it.
  }
  unlink(part.path.c_str());
  part.Close();
  ++part.turn;
}

absl::StatusOr<std::unique_ptr<BlobReader>> BlobStore::Read(const std::string& sha256) const {
  const fs::path path = PathOf(sha256);
  const int fd = index_.Find(sha256) ? open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  struct stat status;
  if (fd >= 0 && fstat(fd, &status) == 0) {
    return std::make_unique<BlobReader>(fd, int64_t{status.st_size});
  }
  if (fd >= 0) close(fd);
  return MakeError(absl::StatusCode::kNotFound, reason::kBlobNotFound,
                   absl::StrCat("there is no blob ", sha256), {{"sha256", sha256}});
}

absl::Status BlobStore::RemoveRetired(const std::string& sha256) {
  const fs::path gone = folder_ / kIncoming / absl::StrCat(sha256, kGone);
  std::error_code error;
  {
    const std::lock_guard lock(mutex_);
    if (!index_.Forget(sha256)) return absl::OkStatus();
    fs::rename(PathOf(sha256), gone, error);
  }
  if (!error) fs::remove(gone, error);
  return error ? DiskError(error.value(), "remove", PathOf(sha256).string()) : absl::OkStatus();
}

void BlobStore::RemoveOldParts(Timestamp now) {
  std::vector<fs::path> parts;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ / kIncoming, error)) {
    if (entry.path().extension() == kPart) parts.push_back(entry.path());
  }
  for (const fs::path& path : parts) {
    const std::lock_guard lock(mutex_);
    const auto live = parts_.find(path.stem());
    if (live != parts_.end() && !live->second.expired()) continue;
    struct stat status;
    if (stat(path.c_str(), &status) != 0) continue;
    const Timestamp written = FromMicros(int64_t{status.st_mtime} * 1'000'000);
    if (now - written >= BlobIndex::kUnnamedFor) fs::remove(path, error);
  }
}

}  // namespace adares
