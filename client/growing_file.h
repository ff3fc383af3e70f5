// What a child process writes to a file, line by line. Not thread-safe.
#pragma once

#include <ios>
#include <string>
#include <utility>
#include <vector>

namespace adares::client {

class GrowingFile {
 public:
  explicit GrowingFile(std::string path) : path_(std::move(path)) {}

  // The whole lines that it got since the last look, without their ends.
  std::vector<std::string> NewLines();

 private:
  const std::string path_;
  std::streamoff read_ = 0;
};

}  // namespace adares::client
