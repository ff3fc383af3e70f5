#include "bench/fleet/machine.h"

#include <sys/utsname.h>

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/fleet/disk.h"
#include "core/available_cores.h"
#include "core/status.h"

namespace adares::bench {
namespace {

constexpr int kSyncs = 200;

// "AMD EPYC 9654"; empty where the kernel does not say.
std::string Processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    return std::string(absl::StripAsciiWhitespace(line.substr(line.find(':') + 1)));
  }
  return "";
}

std::string Kernel() {
  utsname name{};
  return uname(&name) == 0 ? absl::StrCat(name.sysname, " ", name.release) : "";
}

}  // namespace

absl::StatusOr<std::map<std::string, std::string>> MachineFacts(
    const std::filesystem::path& folder) {
  ADARES_ASSIGN_OR_RETURN(const std::string file_system, FileSystemOf(folder));
  ADARES_ASSIGN_OR_RETURN(const Samples syncs, TimeSync(folder, kSyncs));
  return std::map<std::string, std::string>{
      {"cores", absl::StrCat(AvailableCores())},
      {"processor", Processor()},
      {"kernel", Kernel()},
      {"file_system", file_system},
      {"fdatasync_p50_ms", absl::StrFormat("%.3g", 1e3 * syncs.Quantile(0.50))},
      {"fdatasync_p99_ms", absl::StrFormat("%.3g", 1e3 * syncs.Quantile(0.99))}};
}

}  // namespace adares::bench
