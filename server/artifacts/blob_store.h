// BlobStore keeps files under the SHA-256 of their content, in a folder:
//
//   ab/<sha256>               a whole blob: verified, and on the disk before it got its name
//   incoming/<sha256>.part    the first bytes of one that is being uploaded
//   incoming/<sha256>.gone    one that is being removed
//
// A process that is killed at any moment leaves whole blobs and parts; a part can be continued.
// A file that has a blob's name has its content, so that a blob is never written twice.
//
// Thread-safe. Calls wait for the disk: they are for a FilePool, except those of index(). Errors
// of the disk are RESOURCE_EXHAUSTED STORAGE_FULL and INTERNAL STORAGE_FAILED.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/checkpoint.h"
#include "server/artifacts/blob_index.h"

namespace adares {

struct BlobStoreOptions {
  // Uploads leave so much of the disk free, because the database is on it, too, ...
  int64_t reserve_bytes = 256 << 20;
  // ... and room for a copy of this one, which a backup needs; empty: of none.
  std::string database = {};
  // Blobs that are there already and that no row names stay at least until then.
  Timestamp found_kept_until = {};
};

// An upload under way. Dropping it leaves what was written.
class BlobUpload;

// A whole blob, open: it can be read even when it is removed meanwhile.
class BlobReader {
 public:
  BlobReader(int fd, int64_t size_bytes) : fd_(fd), size_bytes_(size_bytes) {}
  ~BlobReader();
  BlobReader(const BlobReader&) = delete;
  BlobReader& operator=(const BlobReader&) = delete;

  int64_t size_bytes() const { return size_bytes_; }
  // Up to `limit` bytes from `offset`; fewer only at the end.
  absl::StatusOr<std::string> Read(int64_t offset, size_t limit) const;
  // Whether that path leads to this file still.
  bool IsAt(const std::string& path) const;

 private:
  const int fd_;
  const int64_t size_bytes_;
};

class BlobStore {
 public:
  // Opens or makes the folder, finishes removals that a killed process had begun, and finds what
  // is there.
  static absl::StatusOr<std::unique_ptr<BlobStore>> Open(const std::filesystem::path& folder,
                                                         const BlobStoreOptions& options,
                                                         Timestamp now);
  BlobStore(const BlobStore&) = delete;
  BlobStore& operator=(const BlobStore&) = delete;

  // Whether the blob is there, whole; then it is kept for a while. INVALID_ARGUMENT where its
  // content has another size; a file that is damaged is removed.
  absl::StatusOr<bool> IsWhole(const BlobName& blob, Timestamp now);
  // How many bytes are there of one that is not whole.
  int64_t Received(const BlobName& blob) const;

  // Begins or continues an upload, which takes over from an earlier one of the same blob.
  // FAILED_PRECONDITION UPLOAD_MOVED where the blob does not end at `offset` here. Errors as of
  // IsWhole. nullptr where it is whole already.
  absl::StatusOr<std::unique_ptr<BlobUpload>> Begin(const BlobName& blob, int64_t offset,
                                                    Timestamp now);

  // Adds bytes. INVALID_ARGUMENT beyond the end; UPLOAD_MOVED where another upload took over. A
  // part that the disk does not take is dropped, which makes room for others.
  absl::Status Append(BlobUpload& upload, std::string_view bytes);

  // Once all bytes are there: verifies them and gives the blob its name. DATA_LOSS BLOB_MISMATCH:
  // they have another hash; they are dropped. Errors as of Append.
  absl::Status Finish(BlobUpload& upload, Timestamp now);

  // NOT_FOUND BLOB_NOT_FOUND, also where somebody has removed the file.
  absl::StatusOr<std::unique_ptr<BlobReader>> Read(const std::string& sha256);

  // Removes a blob whose bytes, as the reader gave them, have another hash: one that is there under
  // a wrong name is worse than none, as an earlier checkpoint serves. A blob that came again since
  // stays.
  absl::Status RemoveDamaged(const std::string& sha256, const BlobReader& reader);

  // Removes the file of a blob that was retired in the index, unless it came again since. One that
  // cannot be removed is restored in the index.
  absl::Status RemoveRetired(const std::string& sha256);

  // Removes parts that nobody has written to for an hour.
  void RemoveOldParts(Timestamp now);

  BlobIndex& index() { return index_; }
  const BlobIndex& index() const { return index_; }

 private:
  friend class BlobUpload;
  struct Part;

  BlobStore(std::filesystem::path folder, const BlobStoreOptions& options)
      : folder_(std::move(folder)), options_(options) {}

  absl::Status Load(Timestamp now);
  void LoadGroup(const std::string& group, Timestamp since);
  std::filesystem::path PathOf(const std::string& sha256) const;
  std::filesystem::path PartOf(const std::string& sha256) const;
  std::filesystem::path GoneOf(const std::string& sha256) const;
  int64_t Reserve() const;
  absl::Status CheckRoom(int64_t bytes) const;
  // What to say of one that is there with `size_bytes`, unless its file is damaged and was removed.
  absl::Status JudgeSize(const BlobName& blob, int64_t size_bytes);
  // Takes the file out of its place, for RemoveGone. With mutex_ held.
  absl::Status Displace(const std::string& sha256);
  absl::Status RemoveGone(const std::string& sha256);
  std::shared_ptr<Part> SharePart(const BlobName& blob);
  // With the part's mutex held.
  absl::Status CheckTurn(const BlobUpload& upload) const;
  absl::Status Place(Part& part, const BlobName& blob, Timestamp now);
  absl::Status MakeGroup(const std::filesystem::path& group);
  void Drop(Part& part);

  // Constant after construction.
  const std::filesystem::path folder_;
  const BlobStoreOptions options_;

  BlobIndex index_;
  std::mutex mutex_;  // also makes names and the index change together
  std::map<std::string, std::weak_ptr<Part>> parts_;  // under way, by hash; guarded by mutex_
  std::set<std::string> groups_;  // folders whose names are on the disk; guarded by mutex_
};

class BlobUpload {
 public:
  ~BlobUpload();
  BlobUpload(const BlobUpload&) = delete;
  BlobUpload& operator=(const BlobUpload&) = delete;

  int64_t received_bytes() const { return received_; }
  bool is_complete() const { return received_ == blob_.size_bytes; }

 private:
  friend class BlobStore;
  BlobUpload(BlobName blob, std::shared_ptr<BlobStore::Part> part, int64_t turn, int64_t received);

  const BlobName blob_;
  const std::shared_ptr<BlobStore::Part> part_;
  const int64_t turn_;  // it may write while the part says the same
  int64_t received_;
};

}  // namespace adares
