// The border to the wire: bytes that are a message are refused with a reason, or become values that
// keep their limits and go back as they came. The first byte says which message.
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>
#include <cstdint>
#include <string>

#include "core/report_limits.h"
#include "core/status.h"
#include "core/utf8.h"
#include "rpc/convert.h"
#include "rpc/convert_admin.h"
#include "rpc/grpc_status.h"
#include "rpc/names.h"
#include "rpc/report_head.h"
#include "tests/fuzz/refusal.h"
#include "tests/fuzz/require.h"
#include "worker/agent/wire.h"

namespace adares {
namespace {

using fuzz::Require;
using fuzz::RequireRefusal;

// What it says of itself is what the whole message says.
void ReportHeads(const std::string& bytes) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  const absl::StatusOr<ReportHead> head = ReadReportHead(&stream);
  v1::ReportRequest whole;
  const bool is_whole = whole.ParseFromString(bytes);
  if (!head.ok()) {
    RequireRefusal(head.status());
    Require(!is_whole || whole.worker().size() > kMaxNameBytes ||
                whole.instance().size() > kMaxNameBytes || whole.trial().size() > kMaxNameBytes ||
                bytes.size() > kMaxNameBytes,
            "what can be read is not refused");
    return;
  }
  if (!is_whole) return;
  Require(head->records == whole.records_size(), "it counts the records");
  whole.clear_records();
  whole.DiscardUnknownFields();
  Require(head->request.SerializeAsString() == whole.SerializeAsString(), "and reads the rest");
}

template <typename Message>
void RoundTrip(const std::string& bytes) {
  Message message;
  if (!message.ParseFromString(bytes)) return;
  const auto value = FromProto(message);
  if (!value.ok()) return RequireRefusal(value.status());
  const Message back = ToProto(*value);
  const auto again = FromProto(back);
  Require(again.ok(), "what goes back can come again");
  Require(ToProto(*again).ByteSizeLong() == back.ByteSizeLong(), "and is the same");
}

void Names(const std::string& bytes) {
  const auto worker = ParseWorkerResource(bytes);
  if (worker.ok())
    Require(WorkerResource(*worker) == bytes, "a worker's name is printed as it came");
  const auto trial = ParseTrialResource(bytes);
  if (trial.ok()) Require(TrialResource(trial->sweep, trial->trial) == bytes, "and a trial's");
}

// What a server answers: a client and a worker take anything.
void Answers(const std::string& bytes) {
  const grpc::Status status(grpc::StatusCode::INVALID_ARGUMENT, "wrong", bytes);
  const absl::Status read = FromGrpcStatus(status);
  Require(FromGrpcStatus(ToGrpcStatus(read)).code() == read.code(), "a status keeps its code");
  v1::OfflineError error;
  if (error.ParseFromString(bytes)) (void)FromOfflineError(error).ok();
  v1::SyncResponse sync;
  if (sync.ParseFromString(bytes)) {
    const worker::SyncOrders orders = worker::FromWire(sync);
    Require(orders.start.size() <= static_cast<size_t>(sync.start_size()), "no order is invented");
  }
  v1::ReportResponse report;
  if (report.ParseFromString(bytes)) worker::FromWire(report);
  v1::RegisterWorkerResponse terms;
  if (!terms.ParseFromString(bytes)) return;
  const auto wanted = worker::FromWire(terms);
  if (wanted.ok()) Require(wanted->sync_interval > Duration(0), "an interval is positive");
}

void Durations(const std::string& bytes) {
  v1::PruneDatabaseRequest request;
  if (!request.ParseFromString(bytes)) return;
  const auto length = OlderThan(request);
  if (!length.ok()) return RequireRefusal(length.status());
  Require(*length >= Duration(0), "an age is not negative");
}

constexpr std::array kTurns = {ReportHeads,
                               RoundTrip<v1::Record>,
                               RoundTrip<v1::Flag>,
                               RoundTrip<v1::Checkpoint>,
                               Names,
                               Answers,
                               Durations};

}  // namespace
}  // namespace adares

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  adares::kTurns[data[0] % adares::kTurns.size()](std::string(data + 1, data + size));
  return 0;
}
