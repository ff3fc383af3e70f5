// A trainer's log: its bytes go to a file, and cut into numbered lines they go to the coordinator.
// Both end where it has as much as an attempt may have; of what comes then only the last lines
// follow, with a word of how much there was.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/records.h"
#include "core/report_limits.h"
#include "core/timestamp.h"

namespace adares::worker {

// Not thread-safe.
class LogCollector {
 public:
  static constexpr size_t kMaxLineBytes = kMaxLogLineBytes;  // longer lines are cut into several
  static constexpr size_t kTailLines = 20;

  // When it is full. What is said then, and the last lines, have room beyond it.
  struct Limits {
    static constexpr int64_t kReservedLines = 100;
    int64_t lines = kMaxLogLinesPerAttempt - kReservedLines;
    int64_t bytes = kMaxLogBytesPerAttempt - kReservedLines * int64_t{kMaxLineBytes};
  };

  // Creates the log file, or empties it. INTERNAL with path and cause.
  static absl::StatusOr<LogCollector> Create(const std::filesystem::path& path,
                                             const Limits& limits);
  static absl::StatusOr<LogCollector> Create(const std::filesystem::path& path) {
    return Create(path, Limits());
  }

  LogCollector(LogCollector&& other) noexcept;
  LogCollector& operator=(LogCollector&& other) noexcept;
  ~LogCollector();

  // Takes bytes as they come from the trainer, which may end within a line or a character. INTERNAL
  // once, where the file begins to fail; the lines go on without it.
  absl::Status Append(std::string_view bytes, Timestamp now);

  // Adds a line of the worker's own, after what the trainer may have begun of one; also to a log
  // that is full. As Append.
  absl::Status AddOwnLine(std::string_view text, Timestamp now);

  // No more will come: what is left is a line, and the last lines of a log that was full follow. As
  // Append.
  absl::Status Finish(Timestamp now);

  // Complete lines that were not taken yet: valid UTF-8, numbered from 1, without line ends.
  size_t pending() const { return pending_.size(); }
  std::vector<LogLine> Take(size_t most);

  // The last lines of all.
  std::vector<std::string> Tail() const { return {tail_.begin(), tail_.end()}; }

 private:
  LogCollector(std::filesystem::path path, int fd, const Limits& limits)
      : path_(std::move(path)), fd_(fd), limits_(limits) {}

  bool is_full() const { return lines_ >= limits_.lines || bytes_ >= limits_.bytes; }
  absl::Status Write(std::string_view bytes);
  absl::Status Say(std::string_view text, Timestamp now);
  void TakePart(std::string_view& bytes, Timestamp now);
  void CutLongLine(Timestamp now);
  void AddLine(std::string_view raw, Timestamp now);
  void LeaveOut(std::string_view text);
  absl::Status TellLeftOut(Timestamp now);

  std::filesystem::path path_;
  int fd_ = -1;  // -1 once the file failed
  Limits limits_;
  bool at_line_begin_ = true;  // the file is
  std::string unfinished_;     // begun line, below kMaxLineBytes
  std::deque<LogLine> pending_;
  std::deque<std::string> tail_;
  int64_t last_number_ = 0;
  int64_t lines_ = 0;  // of the trainer, until it was full
  int64_t bytes_ = 0;
  int64_t left_out_lines_ = 0;  // since then
  int64_t left_out_bytes_ = 0;
  std::deque<std::string> last_left_out_;
};

}  // namespace adares::worker
