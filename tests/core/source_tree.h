// Files of the source tree, for tests that hold pages and examples against the code.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace adares {

// The whole file; throws, and so fails the test, if it cannot be read.
inline std::string ReadSourceFile(const std::string& path) {
  std::ifstream file(std::filesystem::path(ADARES_SOURCE_DIR) / path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace adares
