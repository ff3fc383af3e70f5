#include "server/services/report_stream.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <string>
#include <utility>

#include "core/status.h"
#include "rpc/grpc_status.h"
#include "rpc/names.h"
#include "server/store/sqlite.h"

namespace adares {
namespace {

// What records take in memory for a byte of the message that they came in, roughly.
constexpr size_t kBytesOfReadByte = 4;

v1::ReportResponse Refuse(const std::string& trial, int32_t attempt, const absl::Status& why) {
  v1::ReportResponse response;
  response.set_trial(trial);
  response.set_attempt(attempt);
  response.mutable_refused()->set_reason(std::string(ErrorReason(why)));
  response.mutable_refused()->set_message(std::string(why.message()));
  return response;
}

v1::ReportResponse ResponseOf(const ReportParcel& parcel, const ReportOutput& output) {
  const std::string& trial = parcel.head().trial();
  const int32_t attempt = parcel.head().attempt();
  if (!parcel.readable().ok()) return Refuse(trial, attempt, parcel.readable());
  if (output.lease_lost) {
    return Refuse(trial, attempt,
                  MakeError(absl::StatusCode::kAborted, reason::kLeaseLost,
                            "the attempt does not hold the trial's lease"));
  }
  v1::ReportResponse response;
  response.set_trial(trial);
  response.set_attempt(attempt);
  response.set_acknowledged_sequence(output.acknowledged_sequence);
  return response;
}

grpc::ByteBuffer BytesOf(const v1::ReportResponse& response) {
  grpc::ByteBuffer bytes;
  bool own = false;
  grpc::SerializationTraits<v1::ReportResponse>::Serialize(response, &bytes, &own);
  return bytes;
}

// On the owner thread. Whose lease is lost gets no reading of its records; whose records cannot be
// read would come the same way again and again.
absl::StatusOr<ReportOutput> StoreParcel(Coordinator& coordinator, ReportParcel& parcel,
                                         Timestamp now) {
  const ReportInput& input = parcel.input();
  const bool is_held = coordinator.CheckHolds(input.worker, input.instance, input.id).ok();
  if (!is_held || parcel.ReadRecords().ok()) return coordinator.Report(input, now);
  ADARES_RETURN_IF_ERROR(coordinator.Reject(input, parcel.readable(), now));
  return ReportOutput{};
}

}  // namespace

ReportStream* ReportStream::Begin(CommitLoop* loop, ReportStreams* streams) {
  const std::shared_ptr<ReportStream> stream(new ReportStream(loop, streams));
  stream->self_ = stream;
  if (const absl::Status taken = streams->Add(stream.get()); !taken.ok()) {
    stream->End(taken);
  } else {
    const std::lock_guard lock(stream->mutex_);
    stream->ReadMore();
  }
  return stream.get();
}

void ReportStream::Stop() {
  bool drained = false;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    drained = IsDrained();
  }
  if (drained) End(EndOfDrained());
}

void ReportStream::OnReadDone(bool ok) {
  // `reading_` stays true until the request was posted: a read that ended meanwhile would post its
  // request first, and the coordinator stores nothing after a gap.
  std::unique_lock lock(mutex_);
  if (!ok) {
    reading_ = false;
    half_closed_ = true;
    const bool drained = IsDrained();
    lock.unlock();
    if (drained) End(EndOfDrained());
    return;
  }
  absl::StatusOr<ReportParcel> parcel = ReportParcel::Open(&request_);
  if (!parcel.ok()) {
    lock.unlock();
    return End(parcel.status());
  }
  if (!parcel->named().ok()) {
    QueueAnswer(Refuse(parcel->head().trial(), parcel->head().attempt(), parcel->named()));
    reading_ = false;
    ReadMore();
    return;
  }
  ++in_flight_;
  bytes_in_flight_ += parcel->size();
  const bool is_known = known_.contains(parcel->input().id);
  lock.unlock();
  Post(*std::move(parcel), is_known);
  lock.lock();
  reading_ = false;
  ReadMore();
}

void ReportStream::Post(ReportParcel parcel, bool is_known) {
  // The owner thread has better things to do; but it alone knows who holds what.
  if (is_known) parcel.ReadRecords();
  const size_t bytes = parcel.size() * (is_known ? kBytesOfReadByte : 1);
  auto shared = std::make_shared<ReportParcel>(std::move(parcel));
  loop_->Call<ReportOutput>(
      [shared](Coordinator& coordinator, Timestamp now) {
        return StoreParcel(coordinator, *shared, now);
      },
      [self = self_, shared](const absl::StatusOr<ReportOutput>& output) {
        if (IsRefusedByFile(output.status())) return PostRejection(self, shared, output.status());
        self->Answer(*shared, output);
      },
      bytes);
}

// The file would refuse the same records again and again.
void ReportStream::PostRejection(const std::shared_ptr<ReportStream>& self,
                                 const std::shared_ptr<ReportParcel>& parcel,
                                 const absl::Status& why) {
  self->loop_->Call<ReportOutput>(
      [parcel, why](Coordinator& coordinator, Timestamp now) -> absl::StatusOr<ReportOutput> {
        ADARES_RETURN_IF_ERROR(coordinator.Reject(parcel->input(), why, now));
        return ReportOutput{0, /*lease_lost=*/true};
      },
      [self, parcel](const absl::StatusOr<ReportOutput>& output) {
        self->Answer(*parcel, output);
      });
}

void ReportStream::Answer(const ReportParcel& parcel, const absl::StatusOr<ReportOutput>& output) {
  std::unique_lock lock(mutex_);
  --in_flight_;
  bytes_in_flight_ -= parcel.size();
  if (!output.ok()) {
    // A store that cannot write now may later: the worker keeps its records and comes again.
    lock.unlock();
    return End(output.status());
  }
  const bool counts = parcel.readable().ok() && !output->lease_lost;
  if (!counts) {
    known_.erase(parcel.input().id);
  } else if (known_.size() < kMaxKnown) {
    known_.insert(parcel.input().id);
  }
  if (finished_) return;
  QueueAnswer(ResponseOf(parcel, *output));
  ReadMore();
}

void ReportStream::QueueAnswer(const v1::ReportResponse& response) {
  answers_.push_back(BytesOf(response));
  if (answers_.size() == 1) WriteMore();
}

void ReportStream::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  answers_.pop_front();
  if (ok) WriteMore();
  ReadMore();
  const bool drained = IsDrained();
  lock.unlock();
  if (!ok) return End(absl::CancelledError("the worker is gone"));
  if (drained) End(EndOfDrained());
}

void ReportStream::OnCancel() { End(absl::CancelledError("the worker is gone")); }

void ReportStream::OnDone() {
  streams_->Remove(this);
  // Answers of the loop may still hold the stream.
  const std::shared_ptr<ReportStream> last = std::move(self_);
}

void ReportStream::End(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
  }
  Finish(ToGrpcStatus(status));
}

void ReportStream::ReadMore() {
  if (reading_ || half_closed_ || stopping_ || finished_) return;
  if (in_flight_ + static_cast<int>(answers_.size()) >= kMaxInFlight) return;
  if (bytes_in_flight_ >= kMaxBytesInFlight) return;
  reading_ = true;
  StartRead(&request_);
}

void ReportStream::WriteMore() {
  if (!answers_.empty() && !finished_) StartWrite(&answers_.front());
}

bool ReportStream::IsDrained() const {
  return (half_closed_ || stopping_) && in_flight_ == 0 && answers_.empty();
}

absl::Status ReportStream::EndOfDrained() const {
  if (half_closed_) return absl::OkStatus();
  return DrainingError();
}

}  // namespace adares
