// Whole-file reads for the data set readers.
#include "worker/trainer/file_bytes.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace adares {

absl::StatusOr<std::vector<uint8_t>> ReadFileBytes(const std::string& path,
                                                   const std::string& how_to_get_it) {
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno), "; ", how_to_get_it));
  }
  const std::streamoff size = file.tellg();
  if (size < 0) return absl::DataLossError(absl::StrCat(path, ": is not a regular file"));
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), size)) {
    return absl::DataLossError(absl::StrCat(path, ": reading stopped after ", file.gcount(), " of ",
                                            size, " bytes; check the disk or fetch it again"));
  }
  return bytes;
}

}  // namespace adares
