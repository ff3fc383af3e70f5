#include "server/services/report_stream.h"

#include <string>
#include <utility>

#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/grpc_status.h"
#include "rpc/names.h"

namespace adares {
namespace {

// Everything but the records.
absl::StatusOr<ReportInput> HeadOf(const v1::ReportRequest& request) {
  ReportInput input;
  input.worker = request.worker();
  input.instance = request.instance();
  input.first_sequence = request.first_sequence();
  ADARES_ASSIGN_OR_RETURN(input.id, ParseAttempt(request.trial(), request.attempt()));
  return input;
}

absl::Status ReadRecords(const v1::ReportRequest& request, std::vector<ReportRecord>& records) {
  if (request.first_sequence() < 1) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                     "first_sequence: records are numbered from 1", {{"field", "first_sequence"}});
  }
  records.reserve(request.records_size());
  for (const v1::Record& record : request.records()) {
    ADARES_ASSIGN_OR_RETURN(records.emplace_back(), FromProto(record));
  }
  return absl::OkStatus();
}

v1::ReportResponse Refuse(const std::string& trial, int32_t attempt, const absl::Status& why) {
  v1::ReportResponse response;
  response.set_trial(trial);
  response.set_attempt(attempt);
  response.mutable_refused()->set_reason(std::string(ErrorReason(why)));
  response.mutable_refused()->set_message(std::string(why.message()));
  return response;
}

v1::ReportResponse ResponseOf(const AttemptId& id, const ReportOutput& output) {
  const std::string trial = TrialResource(id.sweep, id.trial);
  if (output.lease_lost) {
    return Refuse(trial, id.attempt,
                  MakeError(absl::StatusCode::kAborted, reason::kLeaseLost,
                            "the attempt does not hold the trial's lease"));
  }
  v1::ReportResponse response;
  response.set_trial(trial);
  response.set_attempt(id.attempt);
  response.set_acknowledged_sequence(output.acknowledged_sequence);
  return response;
}

}  // namespace

ReportStream* ReportStream::Begin(CommitLoop* loop, ReportStreams* streams) {
  const std::shared_ptr<ReportStream> stream(new ReportStream(loop, streams));
  stream->self_ = stream;
  if (streams->Add(stream.get())) {
    const std::lock_guard lock(stream->mutex_);
    stream->ReadMore();
  } else {
    stream->Stop();
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
  absl::StatusOr<ReportInput> input = HeadOf(request_);
  if (!input.ok()) {
    QueueAnswer(Refuse(request_.trial(), request_.attempt(), input.status()));
    reading_ = false;
    ReadMore();
    return;
  }
  ++in_flight_;
  lock.unlock();
  const absl::Status readable = ReadRecords(request_, input->records);
  if (readable.ok()) {
    Store(*std::move(input));
  } else {
    Reject(*std::move(input), readable);
  }
  lock.lock();
  reading_ = false;
  ReadMore();
}

void ReportStream::Store(ReportInput input) {
  auto shared = std::make_shared<const ReportInput>(std::move(input));
  loop_->Call<ReportOutput>([shared](Coordinator& coordinator,
                                     Timestamp now) { return coordinator.Report(*shared, now); },
                            [self = self_, shared](const absl::StatusOr<ReportOutput>& output) {
                              if (!output.ok()) return self->Answer(output.status());
                              self->Answer(ResponseOf(shared->id, *output));
                            });
}

void ReportStream::Reject(ReportInput input, const absl::Status& why) {
  auto shared = std::make_shared<const ReportInput>(std::move(input));
  loop_->Post([shared, why](Coordinator& coordinator,
                            Timestamp now) { return coordinator.Reject(*shared, why, now); },
              [self = self_, shared, why](const absl::Status& status) {
                if (!status.ok()) return self->Answer(status);
                self->Answer(Refuse(TrialResource(shared->id.sweep, shared->id.trial),
                                    shared->id.attempt, why));
              });
}

void ReportStream::Answer(absl::StatusOr<v1::ReportResponse> response) {
  std::unique_lock lock(mutex_);
  --in_flight_;
  if (!response.ok()) {
    // A store that cannot write now may later: the worker keeps its records and comes again.
    lock.unlock();
    return End(response.status());
  }
  if (finished_) return;
  QueueAnswer(*std::move(response));
  ReadMore();
}

void ReportStream::QueueAnswer(v1::ReportResponse response) {
  answers_.push_back(std::move(response));
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
