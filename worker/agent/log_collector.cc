#include "worker/agent/log_collector.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/utf8.h"
#include "worker/agent/utf8.h"

namespace adares::worker {
namespace {

absl::Status Failure(std::string_view action, const std::filesystem::path& path) {
  const char* cause = std::strerror(errno);
  return absl::InternalError(
      absl::StrCat("cannot ", std::string(action), " the log ", path.string(), ": ", cause));
}

void KeepLast(std::string_view text, std::deque<std::string>& lines) {
  lines.emplace_back(text);
  if (lines.size() > LogCollector::kTailLines) lines.pop_front();
}

std::string FullNotice() {
  return absl::StrCat("adares-worker: this log is full, as an attempt may have ",
                      kMaxLogLinesPerAttempt, " lines and ", kMaxLogBytesPerAttempt >> 20,
                      " MiB: of what follows only the last ", LogCollector::kTailLines,
                      " lines are kept; have the trainer print less");
}

}  // namespace

absl::StatusOr<LogCollector> LogCollector::Create(const std::filesystem::path& path,
                                                  const Limits& limits) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return Failure("open", path);
  return LogCollector(path, fd, limits);
}

LogCollector::LogCollector(LogCollector&& other) noexcept { *this = std::move(other); }

LogCollector& LogCollector::operator=(LogCollector&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(limits_, other.limits_);
  std::swap(at_line_begin_, other.at_line_begin_);
  std::swap(unfinished_, other.unfinished_);
  std::swap(pending_, other.pending_);
  std::swap(tail_, other.tail_);
  std::swap(last_number_, other.last_number_);
  std::swap(lines_, other.lines_);
  std::swap(bytes_, other.bytes_);
  std::swap(left_out_lines_, other.left_out_lines_);
  std::swap(left_out_bytes_, other.left_out_bytes_);
  std::swap(last_left_out_, other.last_left_out_);
  return *this;
}

LogCollector::~LogCollector() {
  if (fd_ >= 0) close(fd_);
}

absl::Status LogCollector::Append(std::string_view bytes, Timestamp now) {
  std::string_view rest = bytes;
  while (!rest.empty() && !is_full()) TakePart(rest, now);
  absl::Status written = Write(bytes.substr(0, bytes.size() - rest.size()));
  if (rest.empty()) return written;
  if (left_out_bytes_ == 0) written.Update(Say(FullNotice(), now));
  left_out_bytes_ += std::ssize(rest);
  while (!rest.empty()) TakePart(rest, now);
  return written;
}

absl::Status LogCollector::AddOwnLine(std::string_view text, Timestamp now) {
  if (is_full()) return Say(text.substr(0, std::min(text.find('\n'), kMaxLineBytes)), now);
  return Append(absl::StrCat(unfinished_.empty() ? "" : "\n", std::string(text), "\n"), now);
}

absl::Status LogCollector::Finish(Timestamp now) {
  if (!unfinished_.empty()) AddLine(unfinished_, now);
  unfinished_.clear();
  return left_out_lines_ > 0 ? TellLeftOut(now) : absl::OkStatus();
}

absl::Status LogCollector::TellLeftOut(Timestamp now) {
  absl::Status written =
      Say(absl::StrCat("adares-worker: ", left_out_lines_, " lines (", left_out_bytes_,
                       " bytes) came since this log was full; these are the last of them"),
          now);
  for (const std::string& text : std::exchange(last_left_out_, {})) written.Update(Say(text, now));
  left_out_lines_ = 0;
  return written;
}

std::vector<LogLine> LogCollector::Take(size_t most) {
  const auto end = pending_.begin() + static_cast<ptrdiff_t>(std::min(most, pending_.size()));
  std::vector<LogLine> lines(std::make_move_iterator(pending_.begin()),
                             std::make_move_iterator(end));
  pending_.erase(pending_.begin(), end);
  return lines;
}

absl::Status LogCollector::Write(std::string_view bytes) {
  if (!bytes.empty()) at_line_begin_ = bytes.back() == '\n';
  while (fd_ >= 0 && !bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      absl::Status failure = Failure("write", path_);
      close(std::exchange(fd_, -1));
      return failure;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// Also where the log is full.
absl::Status LogCollector::Say(std::string_view text, Timestamp now) {
  const std::string line(Utf8Prefix(ReplaceInvalidUtf8(text), kMaxLineBytes));
  pending_.push_back({++last_number_, line, now});
  KeepLast(line, tail_);
  return Write(absl::StrCat(at_line_begin_ ? "" : "\n", line, "\n"));
}

// Up to the end of a line, and at most so much at a time that the unfinished line stays small.
void LogCollector::TakePart(std::string_view& bytes, Timestamp now) {
  const size_t line_end = bytes.find('\n');
  const size_t part = std::min({line_end, bytes.size(), kMaxLineBytes});
  unfinished_.append(bytes.substr(0, part));
  bytes.remove_prefix(part);
  if (unfinished_.size() > kMaxLineBytes) CutLongLine(now);
  if (part != line_end) return;
  AddLine(unfinished_, now);
  unfinished_.clear();
  bytes.remove_prefix(1);
}

void LogCollector::CutLongLine(Timestamp now) {
  const size_t cut = Utf8Prefix(unfinished_, kMaxLineBytes).size();
  AddLine(std::string_view(unfinished_).substr(0, cut), now);
  unfinished_.erase(0, cut);
}

void LogCollector::AddLine(std::string_view raw, Timestamp now) {
  if (raw.ends_with('\r')) raw.remove_suffix(1);
  const std::string valid = ReplaceInvalidUtf8(raw);
  std::string_view rest = valid;
  do {  // a replaced byte takes three, so that one line may have become several
    const std::string_view text = Utf8Prefix(rest, kMaxLineBytes);
    rest.remove_prefix(text.size());
    if (is_full()) {
      LeaveOut(text);
      continue;
    }
    ++lines_;
    bytes_ += std::ssize(text) + 1;
    pending_.push_back({++last_number_, std::string(text), now});
    KeepLast(text, tail_);
  } while (!rest.empty());
}

void LogCollector::LeaveOut(std::string_view text) {
  ++left_out_lines_;
  KeepLast(text, last_left_out_);
  KeepLast(text, tail_);
}

}  // namespace adares::worker
