// What a stream can show. Thread-safe.
#pragma once

#include <cstdio>
#include <string>

namespace adares::client {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

// Whether the stream is a terminal that understands cursor movements (TERM is not `dumb`).
bool IsLiveTerminal(std::FILE* stream);

// A live terminal where neither `--no-color` nor NO_COLOR says otherwise.
bool MayColor(std::FILE* stream, bool no_color);

// Whether the locale's character set is UTF-8.
bool IsUtf8Locale();

// The size now; 80 x 24 where the stream is no terminal.
TerminalSize SizeOf(std::FILE* stream);

// Writes and flushes; false where the stream takes no more (a full disk).
bool WriteAll(std::FILE* stream, const std::string& text);

}  // namespace adares::client
