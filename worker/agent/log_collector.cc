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

}  // namespace

absl::StatusOr<LogCollector> LogCollector::Create(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return Failure("open", path);
  return LogCollector(path, fd);
}

LogCollector::LogCollector(LogCollector&& other) noexcept { *this = std::move(other); }

LogCollector& LogCollector::operator=(LogCollector&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(unfinished_, other.unfinished_);
  std::swap(pending_, other.pending_);
  std::swap(tail_, other.tail_);
  std::swap(last_number_, other.last_number_);
  return *this;
}

LogCollector::~LogCollector() {
  if (fd_ >= 0) close(fd_);
}

absl::Status LogCollector::Append(std::string_view bytes, Timestamp now) {
  absl::Status written = Write(bytes);
  while (!bytes.empty()) {
    const size_t line_end = bytes.find('\n');
    // At most so much at a time that the unfinished line stays small.
    const size_t part = std::min({line_end, bytes.size(), kMaxLineBytes});
    unfinished_.append(bytes.substr(0, part));
    bytes.remove_prefix(part);
    if (unfinished_.size() > kMaxLineBytes) CutLongLine(now);
    if (part == line_end) {
      AddLine(unfinished_, now);
      unfinished_.clear();
      bytes.remove_prefix(1);
    }
  }
  return written;
}

void LogCollector::Finish(Timestamp now) {
  if (!unfinished_.empty()) AddLine(unfinished_, now);
  unfinished_.clear();
}

std::vector<LogLine> LogCollector::Take(size_t most) {
  const auto end = pending_.begin() + static_cast<ptrdiff_t>(std::min(most, pending_.size()));
  std::vector<LogLine> lines(std::make_move_iterator(pending_.begin()),
                             std::make_move_iterator(end));
  pending_.erase(pending_.begin(), end);
  return lines;
}

absl::Status LogCollector::Write(std::string_view bytes) {
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
    pending_.push_back({++last_number_, std::string(text), now});
    tail_.emplace_back(text);
    if (tail_.size() > kTailLines) tail_.pop_front();
    rest.remove_prefix(text.size());
  } while (!rest.empty());
}

}  // namespace adares::worker
