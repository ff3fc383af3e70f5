#include "worker/agent/outbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares::worker {
namespace {

constexpr int64_t kHeaderBytes = 4;

std::string Header(size_t size) {
  std::string header(kHeaderBytes, '\0');
  for (size_t i = 0; i < header.size(); ++i) header[i] = static_cast<char>(size >> (8 * i));
  return header;
}

int64_t SizeOf(std::string_view header) {
  int64_t size = 0;
  for (size_t i = 0; i < kHeaderBytes; ++i) {
    size |= static_cast<int64_t>(static_cast<unsigned char>(header[i])) << (8 * i);
  }
  return size;
}

bool WriteAt(int fd, std::string_view bytes, int64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += written;
  }
  return true;
}

}  // namespace

absl::StatusOr<Outbox> Outbox::Open(const std::filesystem::path& path, const Limits& limits) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  Outbox outbox(path, fd, limits);
  if (fd < 0) return outbox.Failure("open");
  ADARES_RETURN_IF_ERROR(outbox.Recover());
  return outbox;
}

Outbox::Outbox(Outbox&& other) noexcept : fd_(-1) { *this = std::move(other); }

Outbox& Outbox::operator=(Outbox&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  limits_ = other.limits_;
  acknowledged_ = other.acknowledged_;
  sent_ = other.sent_;
  end_ = other.end_;
  return *this;
}

Outbox::~Outbox() {
  if (fd_ >= 0) close(fd_);
}

absl::Status Outbox::Recover() {
  struct stat info {};
  if (fstat(fd_, &info) != 0) return Failure("examine");
  const int64_t file_size = info.st_size;
  while (end_.offset + kHeaderBytes <= file_size) {
    ADARES_ASSIGN_OR_RETURN(const int64_t size, RecordSize(end_.offset));
    if (end_.offset + kHeaderBytes + size > file_size) break;
    end_.offset += kHeaderBytes + size;
    ++end_.sequence;
  }
  if (end_.offset < file_size && ftruncate(fd_, end_.offset) != 0) return Failure("truncate");
  return absl::OkStatus();
}

absl::Status Outbox::Append(std::string_view record) {
  std::string bytes = Header(record.size());
  bytes.append(record);
  if (!WriteAt(fd_, bytes, end_.offset)) {
    absl::Status failure = Failure("write");
    // What was written of it lies past the end and is overwritten by the next record; giving the
    // space back may be what lets that one fit.
    if (ftruncate(fd_, end_.offset) != 0) return Failure("truncate");
    return failure;
  }
  end_.offset += static_cast<int64_t>(bytes.size());
  ++end_.sequence;
  return absl::OkStatus();
}

absl::StatusOr<Outbox::Batch> Outbox::NextBatch() {
  Batch batch{sent_.sequence + 1, {}};
  const int64_t room = limits_.unacknowledged_bytes - (sent_.offset - acknowledged_.offset);
  if (sent_.sequence == end_.sequence || room <= 0) return batch;
  Position position = sent_;
  while (position.sequence < end_.sequence && batch.records.size() < limits_.batch_records &&
         position.offset - sent_.offset < limits_.batch_bytes) {
    ADARES_ASSIGN_OR_RETURN(const int64_t size, RecordSize(position.offset));
    ADARES_ASSIGN_OR_RETURN(std::string record, ReadAt(position.offset + kHeaderBytes, size));
    batch.records.push_back(std::move(record));
    position.offset += kHeaderBytes + size;
    ++position.sequence;
  }
  sent_ = position;
  return batch;
}

absl::Status Outbox::Acknowledge(int64_t sequence) {
  if (sequence > end_.sequence) {
    return absl::InvalidArgumentError(
        absl::StrCat("record ", sequence, " was acknowledged, but the last is ", end_.sequence));
  }
  const bool lost = sequence < acknowledged_.sequence;
  Position position = lost ? Position() : acknowledged_;
  while (position.sequence < sequence) {
    ADARES_ASSIGN_OR_RETURN(const int64_t size, RecordSize(position.offset));
    position.offset += kHeaderBytes + size;
    ++position.sequence;
  }
  acknowledged_ = position;
  if (lost || sent_.sequence < acknowledged_.sequence) sent_ = acknowledged_;
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Outbox::RecordSize(int64_t offset) const {
  ADARES_ASSIGN_OR_RETURN(const std::string header, ReadAt(offset, kHeaderBytes));
  return SizeOf(header);
}

absl::StatusOr<std::string> Outbox::ReadAt(int64_t offset, int64_t size) const {
  std::string bytes(static_cast<size_t>(size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        pread(fd_, bytes.data() + done, bytes.size() - done, offset + static_cast<int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;  // somebody else made the file shorter
    if (got <= 0) return Failure("read");
    done += static_cast<size_t>(got);
  }
  return bytes;
}

absl::Status Outbox::Failure(std::string_view action) const {
  const char* cause = std::strerror(errno);
  return absl::InternalError(
      absl::StrCat("cannot ", std::string(action), " the spool ", path_.string(), ": ", cause));
}

}  // namespace adares::worker
