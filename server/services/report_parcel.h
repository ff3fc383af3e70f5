// One report as it came: what it says of itself, and its records once somebody has a use for them.
//
// Not thread-safe: whoever holds it hands it on.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>

#include "absl/status/statusor.h"
#include "rpc/report_head.h"
#include "server/coordinator/coordinator.h"

namespace adares {

class ReportParcel {
 public:
  // Takes the bytes, of which nothing is left to the caller: to move a buffer is to share it. An
  // error, and nothing of it, where it does not even say whose report it is.
  static absl::StatusOr<ReportParcel> Open(grpc::ByteBuffer* bytes);

  // Reads the records into `input`, and lets the bytes go; once. INVALID_ARGUMENT where they are
  // too many, too large, or cannot be read.
  const absl::Status& ReadRecords();

  size_t size() const { return size_; }
  // Trial and attempt, for the answer.
  const v1::ReportRequest& head() const { return head_.request; }
  // OK unless it names no attempt.
  const absl::Status& named() const { return named_; }
  // Without records before ReadRecords.
  const ReportInput& input() const { return input_; }
  // What ReadRecords found; OK before.
  const absl::Status& readable() const { return readable_; }

 private:
  ReportParcel() = default;
  absl::Status CheckSize() const;
  absl::Status Convert();

  ReportHead head_;
  size_t size_ = 0;
  grpc::ByteBuffer bytes_;
  absl::Status named_;
  bool is_read_ = false;
  absl::Status readable_;
  ReportInput input_;
};

}  // namespace adares
