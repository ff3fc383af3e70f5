// The width classes that matter for names and titles.
#include "client/text_width.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/utf8.h"

namespace adares::client {
namespace {

struct Character {
  uint32_t code = 0;
  size_t bytes = 1;
};

// The first character of a text that is not empty; a byte where none begins.
Character Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t bytes = Utf8CharacterBytes(text);
  if (bytes < 2) return {byte(0), 1};
  uint32_t code = byte(0) & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) code = code << 6 | (byte(i) & 0x3Fu);
  return {code, bytes};
}

struct Range {
  uint32_t first;
  uint32_t last;
};
constexpr std::array<Range, 5> kNoWidth = {
    {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
constexpr std::array<Range, 8> kWide = {{{0x1100, 0x115F},
                                         {0x2E80, 0x303E},
                                         {0x3041, 0xA4CF},
                                         {0xAC00, 0xD7A3},
                                         {0xF900, 0xFAFF},
                                         {0xFF00, 0xFF60},
                                         {0x1F300, 0x1FAFF},
                                         {0x20000, 0x3FFFD}}};

template <size_t N>
bool Contains(const std::array<Range, N>& ranges, uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](Range range) { return range.first <= code && code <= range.last; });
}

int ColumnsOf(Character character) {
  if (character.bytes == 1) return 1;
  if (Contains(kNoWidth, character.code)) return 0;
  return Contains(kWide, character.code) ? 2 : 1;
}

}  // namespace

int TextWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character character = Decode(text);
    width += ColumnsOf(character);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string CutToWidth(std::string_view text, int width, std::string_view mark) {
  if (TextWidth(text) <= width) return std::string(text);
  const int room = width - TextWidth(mark);
  if (room < 0) return "";
  std::string cut;
  for (int used = 0; !text.empty();) {
    const Character character = Decode(text);
    used += ColumnsOf(character);
    if (used > room) break;
    cut.append(text.substr(0, character.bytes));
    text.remove_prefix(character.bytes);
  }
  return cut.append(mark);
}

std::string PadRight(std::string_view text, int width) {
  return std::string(text).append(static_cast<size_t>(std::max(0, width - TextWidth(text))), ' ');
}

std::string PadLeft(std::string_view text, int width) {
  return std::string(static_cast<size_t>(std::max(0, width - TextWidth(text))), ' ').append(text);
}

std::string OneLine(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

}  // namespace adares::client
