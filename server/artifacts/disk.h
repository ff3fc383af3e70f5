// Reading, writing and flushing files, with errors that say what an operator can do. Thread-safe:
// pure functions, apart from the files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace adares {

// RESOURCE_EXHAUSTED STORAGE_FULL where `error_number` says that the disk takes no more, else
// INTERNAL STORAGE_FAILED: "cannot `what` `path`: ...".
absl::Status DiskError(int error_number, std::string_view what, std::string_view path);
absl::Status StorageFull(std::string_view message);

// Up to `limit` bytes from `offset`; fewer only at the end of the file. `path` is for the message.
absl::StatusOr<std::string> ReadAt(int fd, int64_t offset, size_t limit, std::string_view path);
// All bytes, or an error.
absl::Status WriteAt(int fd, int64_t offset, std::string_view bytes, std::string_view path);

// What is in a folder, in no order.
absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& path);

// Makes the names in a folder last.
absl::Status FlushFolder(const std::string& path);

}  // namespace adares
