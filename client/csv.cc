// Quoting happens only where it must, so that simple files stay simple.
#include "client/csv.h"

namespace adares::client {
namespace {

std::string Field(const std::string& value) {
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string WriteCsv(const std::vector<CsvRow>& rows) {
  std::string text;
  for (const CsvRow& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      text += Field(row[i]);
    }
    text += "\r\n";
  }
  return text;
}

}  // namespace adares::client
