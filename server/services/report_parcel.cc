#include "server/services/report_parcel.h"

#include <grpcpp/support/proto_buffer_reader.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/report_limits.h"
#include "core/status.h"
#include "rpc/convert.h"

namespace adares {
absl::StatusOr<ReportParcel> ReportParcel::Open(grpc::ByteBuffer* bytes) {
  ReportParcel parcel;
  parcel.size_ = bytes->Length();
  parcel.bytes_.Swap(bytes);
  {
    grpc::ProtoBufferReader reader(&parcel.bytes_);
    ADARES_ASSIGN_OR_RETURN(parcel.head_, ReadReportHead(&reader));
  }
  const v1::ReportRequest& head = parcel.head();
  parcel.input_.worker = head.worker();
  parcel.input_.instance = head.instance();
  parcel.input_.first_sequence = head.first_sequence();
  parcel.input_.unread_records = parcel.head_.records;
  absl::StatusOr<AttemptId> id = ParseAttempt(head.trial(), head.attempt());
  if (id.ok()) parcel.input_.id = *std::move(id);
  parcel.named_ = id.status();
  // Before anybody reckons with it, also where the records are not read.
  if (id.ok() && (head.first_sequence() < 1 || head.first_sequence() > kMaxSequence)) {
    parcel.named_ = InvalidField(
        "first_sequence", absl::StrCat(head.first_sequence(), " is not in 1..", kMaxSequence));
  }
  return parcel;
}

const absl::Status& ReportParcel::ReadRecords() {
  if (std::exchange(is_read_, true)) return readable_;
  readable_ = CheckSize();
  if (readable_.ok()) readable_ = Convert();
  bytes_.Clear();
  return readable_;
}

absl::Status ReportParcel::CheckSize() const {
  if (size_ > static_cast<size_t>(kMaxReportBytes)) {
    return InvalidField("report", absl::StrCat(size_, " bytes; at most ", kMaxReportBytes));
  }
  if (head_.records > kMaxRecordsPerReport) {
    return InvalidField("records", absl::StrCat(head_.records, "; at most ", kMaxRecordsPerReport));
  }
  return absl::OkStatus();
}

absl::Status ReportParcel::Convert() {
  v1::ReportRequest request;
  grpc::ProtoBufferReader reader(&bytes_);
  if (!request.ParseFromZeroCopyStream(&reader)) return InvalidField("records", "cannot be read");
  input_.records.reserve(static_cast<size_t>(request.records_size()));
  for (const v1::Record& record : request.records()) {
    ADARES_ASSIGN_OR_RETURN(input_.records.emplace_back(), FromProto(record));
  }
  input_.unread_records = 0;
  return absl::OkStatus();
}

}  // namespace adares
