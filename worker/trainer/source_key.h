// The identity of files without reading them. Thread-safe: a pure function of the files.
#pragma once

#include <string>
#include <vector>

namespace adares {

// 64 hex digits that change where a file changes: by the names, sizes, and times of change of
// content and of the file itself (so that a file restored with its old date counts as changed). A
// file that cannot be examined counts as missing.
std::string SourceKey(const std::vector<std::string>& paths);

}  // namespace adares
