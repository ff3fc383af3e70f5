#include "client/growing_file.h"

#include <fstream>

namespace adares::client {

std::vector<std::string> GrowingFile::NewLines() {
  std::ifstream file(path_);
  file.seekg(read_);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    read_ += static_cast<std::streamoff>(line.size()) + 1;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace adares::client
