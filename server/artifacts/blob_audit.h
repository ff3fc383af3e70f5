// Reads whole blobs and compares what is in them with their names: disks and people change files
// without a word. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace adares {

// What an audit tells and asks, on the thread that reads. `found` is required.
struct AuditObserver {
  // A blob whose content is not what its name says, or that cannot be read; `problem` goes on the
  // sentence "the blob": "has the hash ...".
  std::function<void(const std::string& sha256, const std::string& problem)> found;
  std::function<void(int64_t done_bytes, int64_t total_bytes)> progress;  // often
  std::function<bool()> stop;                                             // whether to end early
};

// Reads all blobs in the folder of a BlobStore, which may be in use: what comes meanwhile may be
// passed over, and what goes is no finding. A folder that is not there has none. CANCELLED where
// `stop` says so; INTERNAL STORAGE_FAILED where a folder cannot be read.
absl::Status AuditBlobs(const std::string& folder, const AuditObserver& observer);

}  // namespace adares
