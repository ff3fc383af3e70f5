// Tables for people: columns two blanks apart, no trailing blanks. Thread-safe: pure functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace adares::client {

// How a text stands out where colours are allowed.
enum class Tone { kPlain, kGood, kBad, kActive, kFaint, kStrong };

// The text between the escape sequences of its tone; the text alone where `color` is off.
std::string Paint(const std::string& text, Tone tone, bool color);

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;
  Cell(std::string cell_text = "",
       Tone cell_tone = Tone::kPlain)  // NOLINT: rows are lists of texts
      : text(std::move(cell_text)), tone(cell_tone) {}
  Cell(const char* cell_text) : text(cell_text) {}  // NOLINT
};

struct Column {
  std::string title;
  bool is_number = false;  // stands on the right
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`
};

// Title line and rows, each with a newline. Control characters in cells become blanks.
std::string RenderTable(const Table& table, bool color = false);

// `Name:  value` lines with the values under each other. Entries without a value are left out.
std::string RenderFields(const std::vector<std::pair<std::string, Cell>>& fields,
                         bool color = false);

}  // namespace adares::client
