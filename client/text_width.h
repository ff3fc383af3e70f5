// UTF-8 text on a terminal: how many columns it takes, and cutting it to fit. Thread-safe: pure
// functions.
#pragma once

#include <string>
#include <string_view>

namespace adares::client {

// Columns that the text takes. Combining marks take none, East Asian wide characters two, bytes
// that are no UTF-8 one each.
int TextWidth(std::string_view text);

// The text, or as much of it as fits into `width` columns with `mark` at its end.
std::string CutToWidth(std::string_view text, int width, std::string_view mark = "~");

// Blanks added on the right up to `width` columns.
std::string PadRight(std::string_view text, int width);
std::string PadLeft(std::string_view text, int width);

// One line that cannot move the cursor: control characters become blanks.
std::string OneLine(std::string_view text);

}  // namespace adares::client
