// A folder in memory for fuzzers of code that works on files; the kernel forgets it with the
// machine.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace adares::fuzz {

inline const std::filesystem::path& ScratchFolder() {
  static const std::filesystem::path folder = [] {
    std::filesystem::path made = "/dev/shm/adares-fuzz-" + std::to_string(getpid());
    std::filesystem::create_directories(made);
    return made;
  }();
  return folder;
}

}  // namespace adares::fuzz
