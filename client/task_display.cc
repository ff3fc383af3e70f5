#include "client/task_display.h"

#include "absl/strings/str_cat.h"
#include "client/fetch_display.h"
#include "client/terminal.h"
#include "client/text_width.h"

namespace adares::client {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};

}  // namespace

TaskDisplay::TaskDisplay(const GlobalOptions& options)
    : is_live_(IsLiveTerminal(stderr)), quiet_(options.quiet) {}

void TaskDisplay::Step(const std::string& step, Clock::time_point now) {
  if (quiet_ || step == step_) return;
  step_ = step;
  began_at_ = now;
  drawn_at_ = now;
  if (is_live_) {
    Draw(step_);
  } else {
    WriteAll(stderr, step_ + "\n");
  }
}

void TaskDisplay::Update(int64_t done_bytes, int64_t total_bytes, Clock::time_point now) {
  if (total_bytes == 0 || now - drawn_at_ < kRedraw) return;
  drawn_at_ = now;
  Draw(TransferLine(step_, 0, done_bytes, total_bytes, now - began_at_));
}

void TaskDisplay::Update(const std::string& text, Clock::time_point now) {
  if (now - drawn_at_ < kRedraw) return;
  drawn_at_ = now;
  Draw(absl::StrCat(step_, "  ", text));
}

void TaskDisplay::Clear() {
  if (is_line_drawn_) WriteAll(stderr, "\r\x1b[K");
  is_line_drawn_ = false;
}

void TaskDisplay::Draw(const std::string& line) {
  if (quiet_ || !is_live_) return;
  // The last column stays free: some terminals wrap a line that fills it.
  WriteAll(stderr, absl::StrCat("\r", CutToWidth(line, SizeOf(stderr).columns - 1), "\x1b[K"));
  is_line_drawn_ = true;
}

}  // namespace adares::client
