// Whether processes live, also those that are no children of the test.
#pragma once

#include <sys/types.h>

#include <fstream>
#include <string>

namespace adares::worker {

// Gone, or a zombie that its parent has not reaped yet: init may take its time.
inline bool IsDead(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return true;
  const size_t name_end = text.rfind(") ");
  return name_end == std::string::npos || text.substr(name_end + 2, 1) == "Z";
}

}  // namespace adares::worker
