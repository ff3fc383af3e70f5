// Redraws with two sequences only: cursor up, and clear to the end of the screen.
#include "client/progress_display.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/progress_view.h"
#include "client/table.h"
#include "client/terminal.h"
#include "client/time_left.h"

namespace adares::client {
namespace {

// What removes a block of lines above the cursor.
std::string Erase(size_t lines) {
  return lines == 0 ? "" : absl::StrCat("\x1b[", lines, "A\r\x1b[J");
}

// On a live terminal the block shows starts and epochs; only what ended is worth a line that stays.
bool StaysOnScreen(TrialChange::Kind kind) {
  return kind != TrialChange::Kind::kStarted && kind != TrialChange::Kind::kEpoch;
}

Tone ToneOf(TrialChange::Kind kind) {
  if (kind == TrialChange::Kind::kFailed) return Tone::kBad;
  return kind == TrialChange::Kind::kSucceeded ? Tone::kGood : Tone::kPlain;
}

}  // namespace

void ProgressDisplay::Write(const std::string& text) {
  if (!options_.quiet && !text.empty()) WriteAll(options_.stream, text);
}

void ProgressDisplay::Update(const SweepSnapshot& snapshot, const std::vector<TrialChange>& changes,
                             Timestamp now) {
  std::string text = Erase(lines_on_screen_);
  for (const TrialChange& change : changes) {
    if (options_.is_live && !StaysOnScreen(change.kind)) continue;
    const std::string line = DescribeChange(change, snapshot.sweep);
    absl::StrAppend(&text, Paint(line, ToneOf(change.kind), options_.color), "\n");
  }
  lines_on_screen_ = 0;
  if (options_.is_live && !IsFinal(snapshot.sweep)) {
    const TerminalSize size = SizeOf(options_.stream);
    const FrameTimes times = {now - started_at_, EstimateTimeLeft(snapshot, now)};
    // The last column stays free: some terminals wrap a line that fills it.
    const auto frame = RenderFrame(snapshot, times,
                                   {size.columns - 1, size.rows, options_.color, options_.unicode});
    absl::StrAppend(&text, absl::StrJoin(frame, "\n"), "\n");
    lines_on_screen_ = frame.size();
  }
  Write(text);
}

void ProgressDisplay::Note(const std::string& line) {
  Clear();
  Write(line + "\n");
}

void ProgressDisplay::Clear() {
  Write(Erase(lines_on_screen_));
  lines_on_screen_ = 0;
}

}  // namespace adares::client
