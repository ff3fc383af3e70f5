// A folder of one's own for files that nobody needs afterwards. Not thread-safe.
#pragma once

#include <string>

namespace adares::client {

class ScratchFolder {
 public:
  ScratchFolder();
  // Removes it with what is in it.
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  // Empty where it could not be made.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace adares::client
