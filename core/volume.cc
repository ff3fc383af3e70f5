// The numbers are those of statfs(2); the kernel's headers have them under names that differ
// between versions.
#include "core/volume.h"

#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

struct KnownFileSystem {
  uint32_t magic;
  VolumeKind kind;
  const char* name;
};

constexpr KnownFileSystem kKnown[] = {
    {0x0000ef53, VolumeKind::kLocal, "ext4"},     {0x58465342, VolumeKind::kLocal, "xfs"},
    {0x9123683e, VolumeKind::kLocal, "btrfs"},    {0x2fc12fc1, VolumeKind::kLocal, "zfs"},
    {0xf2f52010, VolumeKind::kLocal, "f2fs"},     {0xca451a4e, VolumeKind::kLocal, "bcachefs"},
    {0x3153464a, VolumeKind::kLocal, "jfs"},      {0x52654973, VolumeKind::kLocal, "reiserfs"},
    {0x00004d44, VolumeKind::kLocal, "vfat"},     {0x2011bab0, VolumeKind::kLocal, "exfat"},
    {0x7366746e, VolumeKind::kLocal, "ntfs"},     {0x794c7630, VolumeKind::kLocal, "overlay"},
    {0x01021994, VolumeKind::kMemory, "tmpfs"},   {0x858458f6, VolumeKind::kMemory, "ramfs"},
    {0x00006969, VolumeKind::kNetwork, "nfs"},    {0xff534d42, VolumeKind::kNetwork, "cifs"},
    {0xfe534d42, VolumeKind::kNetwork, "smb"},    {0x0000517b, VolumeKind::kNetwork, "smb"},
    {0x00c36400, VolumeKind::kNetwork, "ceph"},   {0x0bd00bd0, VolumeKind::kNetwork, "lustre"},
    {0x47504653, VolumeKind::kNetwork, "gpfs"},   {0x5346414f, VolumeKind::kNetwork, "afs"},
    {0x19830326, VolumeKind::kNetwork, "beegfs"}, {0x01161970, VolumeKind::kNetwork, "gfs2"},
    {0x7461636f, VolumeKind::kNetwork, "ocfs2"},  {0x01021997, VolumeKind::kUnknown, "9p"},
    {0x65735546, VolumeKind::kUnknown, "fuse"}};

int64_t Bytes(uint64_t blocks, int64_t block_size) {
  const auto limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  const auto size = static_cast<uint64_t>(std::max<int64_t>(block_size, 1));
  return static_cast<int64_t>(std::min(blocks, limit / size) * size);
}

}  // namespace

std::string Name(VolumeKind kind) {
  switch (kind) {
    case VolumeKind::kLocal:
      return "local";
    case VolumeKind::kNetwork:
      return "network";
    case VolumeKind::kMemory:
      return "memory";
    case VolumeKind::kUnknown:
      break;
  }
  return "unknown";
}

Volume VolumeOfMagic(uint32_t magic) {
  const auto* found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                   [magic](const auto& known) { return known.magic == magic; });
  Volume volume;
  volume.file_system = absl::StrCat("0x", absl::Hex(magic));
  if (found == std::end(kKnown)) return volume;
  volume.kind = found->kind;
  volume.file_system = found->name;
  return volume;
}

absl::StatusOr<Volume> VolumeOf(const std::string& path) {
  struct statfs answer = {};
  while (statfs(path.c_str(), &answer) != 0) {
    if (errno == EINTR) continue;
    const std::string message = absl::StrCat(path, ": ", std::strerror(errno));
    return errno == ENOENT ? absl::NotFoundError(message) : absl::InternalError(message);
  }
  Volume volume = VolumeOfMagic(static_cast<uint32_t>(answer.f_type));
  volume.total_bytes = Bytes(answer.f_blocks, answer.f_bsize);
  volume.free_bytes = Bytes(answer.f_bavail, answer.f_bsize);
  return volume;
}

}  // namespace adares
