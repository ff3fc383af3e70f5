#include "worker/agent/instance.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace adares::worker {
namespace {

namespace fs = std::filesystem;

constexpr char kFile[] = "instance";
constexpr size_t kDigits = 32;

std::string RandomInstance() {
  std::random_device random;
  return absl::StrFormat("%08x%08x%08x%08x", random(), random(), random(), random());
}

bool IsInstance(const std::string& text) {
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

// Empty where there is none, or a crash left half of one.
std::string Read(const fs::path& path) {
  std::ifstream file(path);
  std::string instance;
  std::getline(file, instance);
  return IsInstance(instance) ? instance : "";
}

bool Write(const fs::path& path, const std::string& instance) {
  const fs::path fresh = path.string() + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << instance << "\n";
  file.close();
  std::error_code error;
  if (file.good()) fs::rename(fresh, path, error);
  return file.good() && !error;
}

}  // namespace

Instance BeginInstance(const fs::path& state_folder) {
  const fs::path path = state_folder / kFile;
  Instance instance{RandomInstance(), Read(path)};
  if (!Write(path, instance.own)) {
    spdlog::warn(
        "event=instance_not_noted path={:?} hint=\"the next start with this state folder waits "
        "some seconds for its name\"",
        path.string());
  }
  return instance;
}

}  // namespace adares::worker
