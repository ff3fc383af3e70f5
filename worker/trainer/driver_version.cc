// The module writes one line for itself and one for the compiler it was made with.
#include "worker/trainer/driver_version.h"

#include <cctype>
#include <fstream>
#include <sstream>

namespace adares {

std::string DriverVersionIn(std::string_view text) {
  constexpr std::string_view kBefore = "Kernel Module";
  text = text.substr(0, text.find('\n'));
  const size_t at = text.find(kBefore);
  if (at == std::string_view::npos) return "unknown";
  std::istringstream words{std::string(text.substr(at + kBefore.size()))};
  for (std::string word; words >> word;) {
    const bool is_number = std::isdigit(static_cast<unsigned char>(word[0])) != 0;
    if (is_number && word.find('.') != std::string::npos) return word;
  }
  return "unknown";
}

std::string DriverVersion() {
  std::ifstream file("/proc/driver/nvidia/version");
  std::string line;
  std::getline(file, line);
  return DriverVersionIn(line);
}

}  // namespace adares
