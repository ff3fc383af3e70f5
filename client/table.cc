// Widths are counted in terminal columns before colours are added.
#include "client/table.h"

#include <algorithm>

#include "client/text_width.h"

namespace adares::client {
namespace {

constexpr char kGap[] = "  ";

const char* Sequence(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kBad:
      return "\x1b[31m";
    case Tone::kActive:
      return "\x1b[36m";
    case Tone::kFaint:
      return "\x1b[2m";
    case Tone::kStrong:
      return "\x1b[1m";
    case Tone::kPlain:
      break;
  }
  return "";
}

std::vector<int> Widths(const Table& table) {
  std::vector<int> widths;
  for (const Column& column : table.columns) widths.push_back(TextWidth(column.title));
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], TextWidth(OneLine(row[i].text)));
    }
  }
  return widths;
}

// Blanks stand outside of the colour, and none at the end of the line.
void AppendRow(const Table& table, const std::vector<Cell>& row, const std::vector<int>& widths,
               bool color, std::string* text) {
  std::string line;
  size_t last = row.size();
  while (last > 0 && row[last - 1].text.empty()) --last;
  for (size_t i = 0; i < last; ++i) {
    if (i > 0) line += kGap;
    const std::string content = OneLine(row[i].text);
    const std::string blanks(static_cast<size_t>(widths[i] - TextWidth(content)), ' ');
    if (table.columns[i].is_number) line += blanks;
    line += Paint(content, row[i].tone, color);
    if (!table.columns[i].is_number && i + 1 < last) line += blanks;
  }
  *text += line + "\n";
}

}  // namespace

std::string Paint(const std::string& text, Tone tone, bool color) {
  if (!color || tone == Tone::kPlain || text.empty()) return text;
  return Sequence(tone) + text + "\x1b[0m";
}

std::string RenderTable(const Table& table, bool color) {
  const std::vector<int> widths = Widths(table);
  std::string text;
  std::vector<Cell> titles;
  for (const Column& column : table.columns) titles.emplace_back(column.title, Tone::kStrong);
  AppendRow(table, titles, widths, color, &text);
  for (const auto& row : table.rows) AppendRow(table, row, widths, color, &text);
  return text;
}

std::string RenderFields(const std::vector<std::pair<std::string, Cell>>& fields, bool color) {
  int width = 0;
  for (const auto& [name, value] : fields) {
    if (!value.text.empty()) width = std::max(width, TextWidth(name) + 1);
  }
  std::string text;
  for (const auto& [name, value] : fields) {
    if (value.text.empty()) continue;
    text += PadRight(name + ":", width) + kGap + Paint(OneLine(value.text), value.tone, color);
    text += "\n";
  }
  return text;
}

}  // namespace adares::client
