#include "server/artifacts/blob_audit.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/checkpoint.h"
#include "core/sha256.h"
#include "core/status.h"
#include "server/artifacts/disk.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

constexpr size_t kReadAtOnce = 1 << 20;

class Audit {
 public:
  Audit(const fs::path& folder, const AuditObserver& observer)
      : folder_(folder), observer_(observer) {}

  absl::Status Run() {
    std::error_code ignored;
    if (!fs::is_directory(folder_, ignored)) return absl::OkStatus();
    ADARES_RETURN_IF_ERROR(List());
    for (const auto& [sha256, bytes] : blobs_) {
      ADARES_RETURN_IF_ERROR(Look(sha256));
      // What it was said to have, so that the sum comes out whatever changed meanwhile.
      done_bytes_ += bytes;
      Tell(0);
    }
    return absl::OkStatus();
  }

 private:
  absl::Status List() {
    ADARES_ASSIGN_OR_RETURN(const auto groups, NamesIn(folder_.string()));
    for (const std::string& group : groups) {
      const auto names = NamesIn((folder_ / group).string());
      if (!names.ok()) continue;  // no folder, and so no group of blobs
      for (const std::string& name : *names) {
        if (!IsSha256(name)) continue;
        std::error_code gone;
        const auto size = fs::file_size(folder_ / group / name, gone);
        if (gone) continue;
        blobs_[name] = static_cast<int64_t>(size);
        total_bytes_ += static_cast<int64_t>(size);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Look(const std::string& sha256) {
    const std::string path = (folder_ / sha256.substr(0, 2) / sha256).string();
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return absl::OkStatus();  // removed meanwhile
    if (fd < 0) {
      observer_.found(sha256, absl::StrCat("cannot be opened: ", std::strerror(errno)));
      return absl::OkStatus();
    }
    const absl::StatusOr<std::string> hash = HashOf(fd, path);
    close(fd);
    if (absl::IsCancelled(hash.status())) return hash.status();
    if (!hash.ok()) {
      observer_.found(sha256, std::string(hash.status().message()));
    } else if (*hash != sha256) {
      observer_.found(sha256, absl::StrCat("has the hash ", *hash));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> HashOf(int fd, const std::string& path) const {
    Sha256 hash;
    for (int64_t offset = 0;;) {
      if (observer_.stop && observer_.stop()) {
        return absl::CancelledError("the check was given up");
      }
      ADARES_ASSIGN_OR_RETURN(const std::string bytes, ReadAt(fd, offset, kReadAtOnce, path));
      if (bytes.empty()) return hash.Hex();
      hash.Add(bytes);
      offset += static_cast<int64_t>(bytes.size());
      Tell(offset);
    }
  }

  void Tell(int64_t of_current) const {
    if (observer_.progress) observer_.progress(done_bytes_ + of_current, total_bytes_);
  }

  const fs::path folder_;
  const AuditObserver& observer_;
  std::map<std::string, int64_t> blobs_;  // their sizes when they were listed
  int64_t total_bytes_ = 0;
  int64_t done_bytes_ = 0;  // of those that were looked at
};

}  // namespace

absl::Status AuditBlobs(const std::string& folder, const AuditObserver& observer) {
  return Audit(folder, observer).Run();
}

}  // namespace adares
