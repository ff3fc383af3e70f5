// What the calls about blobs have in common. Thread-safe.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "rpc/convert_worker.h"
#include "server/artifacts/blob_store.h"
#include "server/artifacts/file_pool.h"
#include "server/artifacts/upload_quota.h"
#include "server/coordinator/commit_loop.h"

namespace adares {

// All must outlive the calls.
struct BlobAccess {
  CommitLoop* loop = nullptr;
  BlobStore* blobs = nullptr;
  FilePool* files = nullptr;  // where `blobs` is used
  UploadQuota* quota = nullptr;
  // Told what became of an upload, by the storage or by the quota; on any thread.
  const std::function<void(const absl::Status&)>* ended = nullptr;
};

// Calls `then` on the file pool if the attempt holds its trial's lease, else `refused` with ABORTED
// LEASE_LOST, or UNAVAILABLE. Returns at once.
void IfHeld(const BlobAccess& access, const UploadTarget& target, FilePool::Task then,
            std::function<void(const absl::Status&)> refused);

}  // namespace adares
