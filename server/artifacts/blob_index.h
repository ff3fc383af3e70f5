// Which blobs are there, in memory: so that the owner thread of the commit loop need not look at
// the disk. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/timestamp.h"

namespace adares {

class BlobIndex {
 public:
  // How long a blob stays that no row names.
  static constexpr Duration kUnnamedFor = std::chrono::hours(1);

  // The size of a blob that is there and was not retired.
  std::optional<int64_t> Find(const std::string& sha256) const;

  // The same for one whose name is going to be recorded: it cannot be retired for a while.
  std::optional<int64_t> FindAndKeep(const std::string& sha256, Timestamp now);

  // A blob is there, since `since`; it is not retired any longer.
  void Add(const std::string& sha256, int64_t size_bytes, Timestamp since);

  // Takes a blob out of sight; false where it is not there or must be kept for now. The caller
  // then removes its file, or restores it.
  bool Retire(const std::string& sha256, Timestamp now);
  void Restore(const std::string& sha256);

  // Whether it was retired, and not added again since.
  bool IsRetired(const std::string& sha256) const;

  // A blob is gone, retired or not.
  void Remove(const std::string& sha256);

  // Up to `limit` blobs after `after`, by hash, that are old enough to be of no use to anyone if no
  // row names them. `after` becomes the last one that was looked at; empty at the end.
  std::vector<std::string> Old(Timestamp now, size_t limit, std::string& after) const;

  int64_t count() const;
  int64_t bytes() const;  // of all blobs

 private:
  struct Entry {
    int64_t size_bytes = 0;
    Timestamp since;
    std::optional<Timestamp> kept_at = std::nullopt;
    bool retired = false;
  };

  static bool IsKept(const Entry& entry, Timestamp now);

  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
  int64_t bytes_ = 0;                     // guarded by mutex_
};

}  // namespace adares
