// Comma-separated values by RFC 4180. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

namespace adares::client {

using CsvRow = std::vector<std::string>;

// Rows, the header first, each ended by CR LF. Fields with a comma, a quote or a line break are
// quoted.
std::string WriteCsv(const std::vector<CsvRow>& rows);

}  // namespace adares::client
