#include "server/artifacts/blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
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
// What a database may grow by while it is copied.
constexpr int64_t kBesidesCopy = 64 << 20;

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

bool BlobReader::IsAt(const std::string& path) const {
  struct stat own;
  struct stat there;
  return fstat(fd_, &own) == 0 && stat(path.c_str(), &there) == 0 && own.st_dev == there.st_dev &&
         own.st_ino == there.st_ino;
}

absl::StatusOr<std::unique_ptr<BlobStore>> BlobStore::Open(const fs::path& folder,
                                                           const BlobStoreOptions& options,
                                                           Timestamp now) {
  std::error_code error;
  fs::create_directories(folder / kIncoming, error);
  if (error) return DiskError(error.value(), "make", (folder / kIncoming).string());
  // Whoever made them may have died before they were on the disk.
  ADARES_RETURN_IF_ERROR(FlushFolder(folder.string()));
  ADARES_RETURN_IF_ERROR(FlushFolder((folder / "..").string()));
  std::unique_ptr<BlobStore> store(new BlobStore(folder, options));
  ADARES_RETURN_IF_ERROR(store->Load(now));
  store->RemoveOldParts(now);
  return store;
}

absl::Status BlobStore::Load(Timestamp now) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<std::string> incoming,
                          NamesIn((folder_ / kIncoming).string()));
  for (const fs::path name : incoming) {
    std::error_code ignored;
    if (name.extension() == kGone) fs::remove(folder_ / kIncoming / name, ignored);
  }
  ADARES_ASSIGN_OR_RETURN(const std::vector<std::string> groups, NamesIn(folder_.string()));
  // While no coordinator was here, nobody could name what had just come.
  const Timestamp since = std::max(now, options_.found_kept_until);
  for (const std::string& group : groups) {
    if (group != kIncoming) LoadGroup(group, since);
  }
  return absl::OkStatus();
}

// What is no folder has no blobs.
void BlobStore::LoadGroup(const std::string& group, Timestamp since) {
  const auto names = NamesIn((folder_ / group).string());
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    struct stat status;
    if (!IsSha256(name) || stat((folder_ / group / name).c_str(), &status) != 0) continue;
    index_.Add(name, status.st_size, since);
  }
}

fs::path BlobStore::PathOf(const std::string& sha256) const {
  return folder_ / sha256.substr(0, 2) / sha256;
}

fs::path BlobStore::PartOf(const std::string& sha256) const {
  return folder_ / kIncoming / absl::StrCat(sha256, kPart);
}

int64_t BlobStore::Reserve() const {
  if (options_.database.empty()) return options_.reserve_bytes;
  int64_t copy = kBesidesCopy;
  for (const char* suffix : {"", "-wal"}) {
    struct stat status;
    if (stat((options_.database + suffix).c_str(), &status) == 0) copy += status.st_size;
  }
  return std::max(options_.reserve_bytes, copy);
}

fs::path BlobStore::GoneOf(const std::string& sha256) const {
  return folder_ / kIncoming / absl::StrCat(sha256, kGone);
}

absl::Status BlobStore::CheckRoom(int64_t bytes) const {
  struct statvfs room;
  if (statvfs(folder_.c_str(), &room) != 0) return DiskError(errno, "look at", folder_.string());
  const auto free = static_cast<int64_t>(room.f_bavail) * static_cast<int64_t>(room.f_frsize);
  const int64_t reserve = Reserve();
  if (free - bytes >= reserve) return absl::OkStatus();
  return StorageFull(absl::StrCat(folder_.string(), ": ", free, " bytes are free, ", reserve,
                                  " are kept for the database"));
}

int64_t BlobStore::Received(const BlobName& blob) const {
  std::error_code no_part;
  const auto size = fs::file_size(PartOf(blob.sha256), no_part);
  if (no_part || static_cast<int64_t>(size) > blob.size_bytes) return 0;
  return static_cast<int64_t>(size);
}

absl::StatusOr<bool> BlobStore::IsWhole(const BlobName& blob, Timestamp now) {
  const std::optional<int64_t> size = index_.FindAndKeep(blob.sha256, now);
  if (!size || *size == blob.size_bytes) return size.has_value();
  ADARES_RETURN_IF_ERROR(JudgeSize(blob, *size));
  return false;
}

absl::Status BlobStore::JudgeSize(const BlobName& blob, int64_t size_bytes) {
  const std::string path = PathOf(blob.sha256).string();
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno != ENOENT) return DiskError(errno, "open", path);
  if (fd >= 0) {
    const BlobReader closes(fd, size_bytes);
    ADARES_ASSIGN_OR_RETURN(const std::string hash, HashOf(fd, path));
    if (hash == blob.sha256) return WrongSize(blob, size_bytes);
  }
  {
    const std::lock_guard lock(mutex_);
    // Unless another call was faster, and its upload, too.
    if (index_.Find(blob.sha256) != size_bytes) return absl::OkStatus();
    ADARES_RETURN_IF_ERROR(Displace(blob.sha256));
    index_.Remove(blob.sha256);
  }
  return RemoveGone(blob.sha256);
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
absl::Status BlobStore::Place(Part& part, const BlobName& blob, Timestamp now) {
  const fs::path path = PathOf(blob.sha256);
  const std::lock_guard lock(mutex_);
  ADARES_RETURN_IF_ERROR(MakeGroup(path.parent_path()));
  std::error_code error;
  fs::rename(part.path, path, error);
  if (error) return DiskError(error.value(), "rename", part.path);
  part.Close();  // what it has open is the blob now: dropping the part must not shorten it
  ADARES_RETURN_IF_ERROR(FlushFolder(path.parent_path().string()));
  index_.Add(blob.sha256, blob.size_bytes, now);
  return absl::OkStatus();
}

// One that is there may have been made by a process that died before its name was on the disk.
absl::Status BlobStore::MakeGroup(const fs::path& group) {
  std::error_code error;
  fs::create_directory(group, error);
  if (error) return DiskError(error.value(), "make", group.string());
  if (groups_.contains(group.filename())) return absl::OkStatus();
  ADARES_RETURN_IF_ERROR(FlushFolder(folder_.string()));
  groups_.insert(group.filename());
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

absl::StatusOr<std::unique_ptr<BlobReader>> BlobStore::Read(const std::string& sha256) {
  const std::string path = PathOf(sha256).string();
  const auto none = [&sha256] {
    return MakeError(absl::StatusCode::kNotFound, reason::kBlobNotFound,
                     absl::StrCat("there is no blob ", sha256), {{"sha256", sha256}});
  };
  if (!index_.Find(sha256)) return none();
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    const std::lock_guard lock(mutex_);  // it may just be coming again
    fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
      index_.Remove(sha256);
      return none();
    }
  }
  if (fd < 0) return DiskError(errno, "open", path);
  struct stat status;
  if (fstat(fd, &status) == 0) return std::make_unique<BlobReader>(fd, int64_t{status.st_size});
  const int error_number = errno;
  close(fd);
  return DiskError(error_number, "look at", path);
}

absl::Status BlobStore::Displace(const std::string& sha256) {
  std::error_code error;
  fs::rename(PathOf(sha256), GoneOf(sha256), error);
  if (!error || error == std::errc::no_such_file_or_directory) return absl::OkStatus();
  return DiskError(error.value(), "remove", PathOf(sha256).string());
}

absl::Status BlobStore::RemoveGone(const std::string& sha256) {
  std::error_code error;
  fs::remove(GoneOf(sha256), error);
  return error ? DiskError(error.value(), "remove", GoneOf(sha256).string()) : absl::OkStatus();
}

absl::Status BlobStore::RemoveDamaged(const std::string& sha256, const BlobReader& reader) {
  {
    const std::lock_guard lock(mutex_);
    if (!reader.IsAt(PathOf(sha256).string())) return absl::OkStatus();
    // Out of sight whatever becomes of the file, which may be on a disk that takes no change.
    index_.Remove(sha256);
    ADARES_RETURN_IF_ERROR(Displace(sha256));
  }
  return RemoveGone(sha256);
}

absl::Status BlobStore::RemoveRetired(const std::string& sha256) {
  {
    const std::lock_guard lock(mutex_);
    if (!index_.IsRetired(sha256)) return absl::OkStatus();
    if (const absl::Status displaced = Displace(sha256); !displaced.ok()) {
      index_.Restore(sha256);
      return displaced;
    }
    index_.Remove(sha256);
  }
  return RemoveGone(sha256);
}

void BlobStore::RemoveOldParts(Timestamp now) {
  const auto names = NamesIn((folder_ / kIncoming).string());
  if (!names.ok()) return;  // another round will
  for (const fs::path name : *names) {
    if (name.extension() != kPart) continue;
    const std::lock_guard lock(mutex_);
    const auto live = parts_.find(name.stem());
    if (live != parts_.end() && !live->second.expired()) continue;
    const fs::path path = folder_ / kIncoming / name;
    struct stat status;
    if (stat(path.c_str(), &status) != 0) continue;
    const Timestamp written = FromMicros(int64_t{status.st_mtime} * 1'000'000);
    std::error_code ignored;
    if (now - written >= BlobIndex::kUnnamedFor) fs::remove(path, ignored);
  }
}

}  // namespace adares
