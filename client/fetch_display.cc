// The rate is that since the transfer began: it is steady, and needs no history.
#include "client/fetch_display.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/number_format.h"
#include "client/terminal.h"
#include "client/text_width.h"

namespace adares::client {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr int64_t kLargeBytes = 16'000'000;

}  // namespace

std::string TransferLine(const std::string& name, int64_t begun, int64_t there, int64_t bytes,
                         std::chrono::steady_clock::duration elapsed) {
  const int64_t percent = bytes == 0 ? 100 : there * 100 / bytes;
  std::string line =
      absl::StrCat(name, "  ", ShowBytes(there), " of ", ShowBytes(bytes), " (", percent, " %)");
  const double seconds = std::chrono::duration<double>(elapsed).count();
  if (there <= begun || seconds <= 0) return line;
  const double rate = static_cast<double>(there - begun) / seconds;
  const std::chrono::duration<double> left(static_cast<double>(bytes - there) / rate);
  absl::StrAppend(&line, "  ", ShowBytes(static_cast<int64_t>(rate)), "/s");
  if (there < bytes) {
    absl::StrAppend(&line, "  ", ShowDuration(std::chrono::duration_cast<Duration>(left)), " left");
  }
  return line;
}

void FetchDisplay::Begin(const std::string& name, int64_t bytes, Clock::time_point now) {
  name_ = name;
  bytes_ = bytes;
  began_at_ = now;
  drawn_at_ = {};
  tenths_told_ = -1;
}

void FetchDisplay::Update(int64_t begun, int64_t there, Clock::time_point now) {
  const std::string line = TransferLine(name_, begun, there, bytes_, now - began_at_);
  if (!options_.is_live) {
    const int64_t tenths = bytes_ < kLargeBytes ? 0 : there * 10 / bytes_;
    // What was there before is told where the transfer begins.
    if (tenths > tenths_told_ && tenths_told_ >= 0) Write(line + "\n");
    tenths_told_ = std::max(tenths, tenths_told_);
    return;
  }
  if (is_line_drawn_ && now - drawn_at_ < kRedraw) return;
  drawn_at_ = now;
  // The last column stays free: some terminals wrap a line that fills it.
  const int columns = SizeOf(options_.stream).columns - 1;
  Write(absl::StrCat("\r", CutToWidth(line, columns), "\x1b[K"));
  is_line_drawn_ = true;
}

void FetchDisplay::Note(const std::string& line) {
  Clear();
  Write(line + "\n");
}

void FetchDisplay::Clear() {
  if (is_line_drawn_) Write("\r\x1b[K");
  is_line_drawn_ = false;
}

void FetchDisplay::Write(const std::string& text) {
  if (!options_.quiet) WriteAll(options_.stream, text);
}

}  // namespace adares::client
