// The conventions: NO_COLOR (https://no-color.org), TERM=dumb, and the locale for characters.
#include "client/terminal.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace adares::client {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

}  // namespace

bool IsLiveTerminal(std::FILE* stream) {
  return isatty(fileno(stream)) == 1 && Environment("TERM") != "dumb";
}

bool MayColor(std::FILE* stream, bool no_color) {
  return !no_color && Environment("NO_COLOR").empty() && IsLiveTerminal(stream);
}

bool IsUtf8Locale() { return std::string_view(nl_langinfo(CODESET)) == "UTF-8"; }

TerminalSize SizeOf(std::FILE* stream) {
  TerminalSize size;
  winsize window = {};
  if (ioctl(fileno(stream), TIOCGWINSZ, &window) == 0) {
    if (window.ws_col > 0) size.columns = window.ws_col;
    if (window.ws_row > 0) size.rows = window.ws_row;
  }
  return size;
}

bool WriteAll(std::FILE* stream, const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() &&
         std::fflush(stream) == 0;
}

}  // namespace adares::client
