// A container with two CPUs on a machine of 64 must not train with 64 threads.
#include "core/available_cores.h"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

// Of two limits, where 0 means none.
int Smaller(int a, int b) { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

// What is no number ("max"), and -1, set no limit.
int CoresOf(std::istream& quota_and_period) {
  int64_t quota = 0;
  int64_t period = 0;
  if (!(quota_and_period >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return static_cast<int>(std::min<int64_t>((quota + period - 1) / period, 1 << 20));
}

int QuotaOfVersion2(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  return CoresOf(file);
}

int QuotaOfVersion1(const fs::path& group) {
  std::stringstream both;
  both << std::ifstream(group / "cpu.cfs_quota_us").rdbuf();
  both << std::ifstream(group / "cpu.cfs_period_us").rdbuf();
  return CoresOf(both);
}

// Over a group ("/a/b") and all above it. In a container the path may be the host's, of which only
// the root is there.
int SmallestQuota(const fs::path& root, const fs::path& group, int (*quota)(const fs::path&)) {
  int smallest = 0;
  for (fs::path path = group.relative_path();; path = path.parent_path()) {
    smallest = Smaller(smallest, quota(root / path));
    if (path.empty()) return smallest;
  }
}

int CoresByAffinity() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return CPU_COUNT(&allowed);
  return static_cast<int>(std::thread::hardware_concurrency());  // a mask of more than 1024 bits
}

}  // namespace

int CoresByQuota(const std::string& membership, const std::string& root) {
  int smallest = 0;
  std::istringstream lines(membership);
  for (std::string line; std::getline(lines, line);) {
    // hierarchy:controllers:path; version 2 is hierarchy 0 and names no controllers.
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    if (parts[0] == "0" && parts[1].empty()) {
      smallest = Smaller(smallest, SmallestQuota(root, parts[2], QuotaOfVersion2));
    }
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    if (std::find(controllers.begin(), controllers.end(), "cpu") != controllers.end()) {
      const fs::path mount = fs::path(root) / parts[1];
      smallest = Smaller(smallest, SmallestQuota(mount, parts[2], QuotaOfVersion1));
    }
  }
  return smallest;
}

int AvailableCores() {
  std::ostringstream membership;
  membership << std::ifstream("/proc/self/cgroup").rdbuf();
  const int quota = CoresByQuota(membership.str(), "/sys/fs/cgroup");
  return std::max(1, Smaller(CoresByAffinity(), quota));
}

}  // namespace adares
