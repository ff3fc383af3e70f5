// UploadQuota bounds the blobs of an attempt that no checkpoint names, begun and whole ones: a
// worker that is broken must fill neither the folder nor the disk of all others. Whoever brings
// checkpoints to their end never comes near.
//
// It counts in memory: after a restart it begins anew, and what is there then goes by its age.
// Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "core/records.h"
#include "core/timestamp.h"

namespace adares {

class UploadQuota {
 public:
  // More than all checkpoints of an hour at the pace of workers, each with the most files that it
  // may have, and none of them named. Afterwards the files go by their age.
  static constexpr size_t kMaxUnnamed = 256;

  // Counts an upload of a blob that is not whole yet. RESOURCE_EXHAUSTED UPLOADS_EXCESSIVE where
  // the attempt has kMaxUnnamed others.
  absl::Status Begin(const AttemptId& id, const std::string& sha256, Timestamp now);

  // Its file stays for longer because somebody asked for it.
  void Touch(const AttemptId& id, const std::string& sha256, Timestamp now);

  // Nothing is left of the upload.
  void Forget(const AttemptId& id, const std::string& sha256);

  // Checkpoints name these now.
  void Named(const std::map<AttemptId, std::set<std::string>>& blobs);

  // Forgets what is so old that its file went. To be called often; looks now and then.
  void Expire(Timestamp now);

 private:
  using Begun = std::map<std::string, Timestamp>;  // blobs, and when they were last asked for

  void Drop(const AttemptId& id, const std::string& sha256);  // with mutex_ held
  static void DropOld(Begun& begun, Timestamp now);

  std::mutex mutex_;
  std::map<AttemptId, Begun> attempts_;  // guarded by mutex_
  Timestamp next_look_;                  // guarded by mutex_
};

}  // namespace adares
