// Takes a data set's files out of the archive that its publisher made. Thread-safe: no state.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/dataset_sources.h"

namespace adares::client {

// Writes `archive.files`, out of the archive at `path`, below `folder`, which exists; they are on
// the disk when it returns. What else the archive holds is left in it. DATA_INVALID where it lacks
// one of them, has one twice or with another size, cannot be read to its end, or has an entry that
// would lie outside of `folder` or is a link; FOLDER_BROKEN where the disk does not take a file;
// then the files that are there are worth nothing.
absl::Status Unpack(const std::string& path, const DataArchive& archive, const std::string& folder);

}  // namespace adares::client
