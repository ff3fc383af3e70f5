// How commands answer: the payload alone on standard output, everything else on standard error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/command_line.h"
#include "client/csv.h"
#include "client/json.h"
#include "client/table.h"
#include "client/terminal.h"

namespace adares::client {

// Writes to standard output; INTERNAL where it takes no more.
absl::Status PrintPayload(const std::string& text);

// Whether PrintPayload has written anything so far.
bool HasPrinted();

// A line for people on standard error, unless they asked for quiet.
void Say(const GlobalOptions& options, const std::string& line);

// Prints one of three forms of an answer; only the one that is wanted is made.
template <typename Json, typename Csv, typename Text>
absl::Status Answer(const GlobalOptions& options, Json json, Csv csv, Text text) {
  switch (options.output) {
    case OutputFormat::kJson:
      return PrintPayload(json());
    case OutputFormat::kCsv:
      return PrintPayload(WriteCsv(csv()));
    case OutputFormat::kTable:
      break;
  }
  return PrintPayload(text(MayColor(stdout, options.no_color)));
}

// Prints a list: an array of `element`s, rows, or a table. An empty table is its title line, and
// `empty_note` on standard error says that there is nothing.
template <typename Messages>
absl::Status AnswerList(const GlobalOptions& options, const Messages& messages,
                        const std::vector<CsvRow>& csv, const Table& table,
                        const std::string& empty_note, const JsonOfMessage& element = JsonLine) {
  if (messages.empty() && options.output == OutputFormat::kTable) Say(options, empty_note);
  return Answer(
      options, [&] { return JsonArrayOf(messages, element); }, [&] { return csv; },
      [&](bool color) { return RenderTable(table, color); });
}

}  // namespace adares::client
