// Writes files that others never see half written, for what must survive a crash in the middle.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace adares {

// Makes `path` hold the parts, one after another. Until the last step it holds what it held before,
// or nothing; OK means that the new content survives a loss of power. An error says which step
// failed and leaves `path` as it was and nothing beside it; only where the folder itself cannot be
// flushed, which comes last, the whole new file is there already. A process that is killed may
// leave PATH.partial-PID-N, which nobody reads and anybody may delete.
//
// Thread-safe, also for one path: the last to come wins. Blocks for the disk.
absl::Status WriteFileAtomically(const std::string& path,
                                 const std::vector<std::string_view>& parts);

// Names in a folder survive a loss of power once the folder itself is on the disk. Thread-safe.
// Blocks for the disk.
absl::Status FlushFolder(const std::string& folder);

}  // namespace adares
