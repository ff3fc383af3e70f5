// The records of one attempt on their way to the coordinator: a spool file, so that memory stays
// small however long the coordinator is away. It keeps what is acknowledged too: a coordinator with
// a restored database asks for it again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace adares::worker {

// Records are opaque bytes, numbered 1, 2, ... in the order of Append. On disk each is its length
// (4 bytes, little-endian) and its bytes. The file is not synced: it need not outlive the machine's
// power, since the lease does not either.
//
// Not thread-safe. Methods return INTERNAL with path and cause where the file system fails.
class Outbox {
 public:
  // Consecutive records to send; empty where there is nothing to send now.
  struct Batch {
    int64_t first_sequence = 0;
    std::vector<std::string> records;
  };

  struct Limits {
    int64_t batch_bytes = 256 * 1024;        // a batch ends with the record that reaches it
    size_t batch_records = 1'000;            // or with so many
    int64_t unacknowledged_bytes = 4 << 20;  // sent and not acknowledged; then NextBatch waits
  };

  // Opens or creates the file. Whole records that are there count as not acknowledged; a torn one
  // at the end is cut off.
  static absl::StatusOr<Outbox> Open(const std::filesystem::path& path, const Limits& limits);
  static absl::StatusOr<Outbox> Open(const std::filesystem::path& path) {
    return Open(path, Limits());
  }

  Outbox(Outbox&& other) noexcept;
  Outbox& operator=(Outbox&& other) noexcept;
  ~Outbox();

  // Adds a record, whole or not at all.
  absl::Status Append(std::string_view record);

  // The next records that were not sent since the last Rewind.
  absl::StatusOr<Batch> NextBatch();

  // The connection was lost: NextBatch begins again after the last acknowledged record.
  void Rewind() { sent_ = acknowledged_; }

  // Every record up to `sequence` is durable with the coordinator, and none after it is. A smaller
  // number than before means that it has lost records: NextBatch goes back to them.
  // INVALID_ARGUMENT for a number that was never appended.
  absl::Status Acknowledge(int64_t sequence);

  int64_t last_sequence() const { return end_.sequence; }
  int64_t acknowledged_sequence() const { return acknowledged_.sequence; }
  bool drained() const { return acknowledged_.sequence == end_.sequence; }

 private:
  // A place between two records: how many records and bytes lie before it.
  struct Position {
    int64_t sequence = 0;
    int64_t offset = 0;
  };

  Outbox(std::filesystem::path path, int fd, const Limits& limits)
      : path_(std::move(path)), fd_(fd), limits_(limits) {}

  absl::Status Recover();
  absl::StatusOr<std::string> ReadAt(int64_t offset, int64_t size) const;
  absl::StatusOr<int64_t> RecordSize(int64_t offset) const;
  absl::Status Failure(std::string_view action) const;

  std::filesystem::path path_;
  int fd_ = -1;
  Limits limits_;
  Position acknowledged_;  // <= sent_ <= end_
  Position sent_;
  Position end_;
};

}  // namespace adares::worker
