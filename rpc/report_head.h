// Reads what a report says of itself without making messages of its records: a hostile one would
// need a hundred times its size. Thread-safe: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "adares/v1/worker_service.pb.h"
#include "google/protobuf/io/zero_copy_stream.h"

namespace adares {

struct ReportHead {
  v1::ReportRequest request;  // without its records
  int records = 0;
};

// Of the bytes of a v1::ReportRequest. INVALID_ARGUMENT for what is none, and for names that are
// too long.
absl::StatusOr<ReportHead> ReadReportHead(google::protobuf::io::ZeroCopyInputStream* bytes);

}  // namespace adares
