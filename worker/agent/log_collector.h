// A trainer's log: every byte goes to a file, and cut into numbered lines it goes to the
// coordinator.
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/records.h"
#include "core/timestamp.h"

namespace adares::worker {

// Not thread-safe.
class LogCollector {
 public:
  static constexpr size_t kMaxLineBytes = 4096;  // longer lines are cut into several
  static constexpr size_t kTailLines = 20;

  // Creates the log file, or empties it. INTERNAL with path and cause.
  static absl::StatusOr<LogCollector> Create(const std::filesystem::path& path);

  LogCollector(LogCollector&& other) noexcept;
  LogCollector& operator=(LogCollector&& other) noexcept;
  ~LogCollector();

  // Takes bytes as they come from the trainer, which may end within a line or a character. INTERNAL
  // once, where the file begins to fail; the lines go on without it.
  absl::Status Append(std::string_view bytes, Timestamp now);

  // Whether a line has begun and not ended.
  bool is_within_line() const { return !unfinished_.empty(); }

  // No more will come: what is left is a line.
  void Finish(Timestamp now);

  // Complete lines that were not taken yet: valid UTF-8, numbered from 1, without line ends.
  size_t pending() const { return pending_.size(); }
  std::vector<LogLine> Take(size_t most);

  // The last lines of all.
  std::vector<std::string> Tail() const { return {tail_.begin(), tail_.end()}; }

 private:
  LogCollector(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}

  absl::Status Write(std::string_view bytes);
  void CutLongLine(Timestamp now);
  void AddLine(std::string_view raw, Timestamp now);

  std::filesystem::path path_;
  int fd_ = -1;             // -1 once the file failed
  std::string unfinished_;  // begun line, below kMaxLineBytes
  std::deque<LogLine> pending_;
  std::deque<std::string> tail_;
  int64_t last_number_ = 0;
};

}  // namespace adares::worker
