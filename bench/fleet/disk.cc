#include "bench/fleet/disk.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares::bench {
namespace {

constexpr size_t kBlockBytes = 4096;
constexpr int64_t kXfsMagic = 0x58465342;  // not in linux/magic.h

absl::Status Failure(const std::string& action, const std::filesystem::path& path) {
  return absl::InternalError(
      absl::StrCat("cannot ", action, " ", path.string(), ": ", std::strerror(errno)));
}

absl::StatusOr<int64_t> MagicOf(const std::filesystem::path& folder) {
  struct statfs info {};
  if (statfs(folder.c_str(), &info) != 0) return Failure("examine", folder);
  return static_cast<int64_t>(info.f_type);
}

absl::Status TimeWrites(int fd, const std::filesystem::path& path, int count, Samples& samples) {
  const std::string block(kBlockBytes, 'x');
  for (int i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    if (write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size())) {
      return Failure("write", path);
    }
    if (fdatasync(fd) != 0) return Failure("sync", path);
    samples.Add(SecondsSince(begin));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> FileSystemOf(const std::filesystem::path& folder) {
  ADARES_ASSIGN_OR_RETURN(const int64_t magic, MagicOf(folder));
  switch (magic) {
    case EXT4_SUPER_MAGIC:
      return "ext4";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    case OVERLAYFS_SUPER_MAGIC:
      return "overlayfs";
    case TMPFS_MAGIC:
      return "tmpfs";
    case RAMFS_MAGIC:
      return "ramfs";
    case kXfsMagic:
      return "xfs";
    default:
      return absl::StrCat("0x", absl::Hex(magic));
  }
}

absl::Status CheckIsOnDisk(const std::filesystem::path& folder) {
  ADARES_ASSIGN_OR_RETURN(const std::string kind, FileSystemOf(folder));
  if (kind != "tmpfs" && kind != "ramfs") return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("--state ", folder.string(), " is on ", kind,
                                                    ", in memory: name a folder on a disk"));
}

absl::StatusOr<Samples> TimeSync(const std::filesystem::path& folder, int count) {
  const std::filesystem::path path = folder / "sync";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return Failure("open", path);
  Samples samples;
  const absl::Status timed = TimeWrites(fd, path, count, samples);
  close(fd);
  std::error_code ignored;  // it goes with its folder
  std::filesystem::remove(path, ignored);
  if (!timed.ok()) return timed;
  return samples;
}

absl::StatusOr<ScratchFolder> ScratchFolder::Make(const std::filesystem::path& parent,
                                                  const std::string& name) {
  std::filesystem::path path = parent / absl::StrCat(name, "-", getpid());
  std::error_code error;
  std::filesystem::remove_all(path, error);
  std::filesystem::create_directories(path, error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("cannot make the folder ", path.string(), ": ", error.message()));
  }
  return ScratchFolder(std::move(path));
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), kept_(other.kept_) {}

ScratchFolder::~ScratchFolder() {
  if (kept_ || path_.empty()) return;
  std::error_code ignored;  // a left-over folder is no reason to complain
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace adares::bench
