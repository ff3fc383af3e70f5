// Field by field, as the wire format has them.
#include "rpc/report_head.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstdint>
#include <string>

#include "core/report_limits.h"
#include "core/utf8.h"
#include "rpc/convert_checks.h"

namespace adares {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using Request = v1::ReportRequest;

bool ReadName(CodedInputStream& input, std::string* name) {
  uint32_t size = 0;
  return input.ReadVarint32(&size) && size <= kMaxNameBytes &&
         input.ReadString(name, static_cast<int>(size)) && IsUtf8(*name);
}

constexpr uint32_t TextTag(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}
constexpr uint32_t NumberTag(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_VARINT);
}

// False where the bytes make no sense.
bool ReadField(CodedInputStream& input, uint32_t tag, ReportHead& head) {
  uint64_t number = 0;
  switch (tag) {
    case TextTag(Request::kWorkerFieldNumber):
      return ReadName(input, head.request.mutable_worker());
    case TextTag(Request::kInstanceFieldNumber):
      return ReadName(input, head.request.mutable_instance());
    case TextTag(Request::kTrialFieldNumber):
      return ReadName(input, head.request.mutable_trial());
    case NumberTag(Request::kAttemptFieldNumber):
      if (!input.ReadVarint64(&number)) return false;
      head.request.set_attempt(static_cast<int32_t>(number));
      return true;
    case NumberTag(Request::kFirstSequenceFieldNumber):
      if (!input.ReadVarint64(&number)) return false;
      head.request.set_first_sequence(static_cast<int64_t>(number));
      return true;
    case TextTag(Request::kRecordsFieldNumber):
      ++head.records;
      break;
    default:
      break;
  }
  return WireFormatLite::SkipField(&input, tag);
}

}  // namespace

absl::StatusOr<ReportHead> ReadReportHead(google::protobuf::io::ZeroCopyInputStream* bytes) {
  CodedInputStream input(bytes);
  ReportHead head;
  while (const uint32_t tag = input.ReadTag()) {
    if (!ReadField(input, tag, head)) return InvalidField("report", "cannot be read");
  }
  if (!input.ConsumedEntireMessage()) return InvalidField("report", "cannot be read");
  return head;
}

}  // namespace adares
