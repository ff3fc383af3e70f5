#include "server/services/report_stream.h"

#include <string>
#include <utility>

#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/grpc_status.h"
#include "rpc/names.h"

namespace adares {
namespace {

absl::StatusOr<ReportInput> InputOf(const v1::ReportRequest& request) {
  ReportInput input;
  input.worker = request.worker();
  input.instance = request.instance();
  input.first_sequence = request.first_sequence();
  ADARES_ASSIGN_OR_RETURN(input.id, ParseAttempt(request.trial(), request.attempt()));
  if (input.first_sequence < 1) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                     "first_sequence: records are numbered from 1", {{"field", "first_sequence"}});
  }
  input.records.reserve(request.records_size());
  for (const v1::Record& record : request.records()) {
    ADARES_ASSIGN_OR_RETURN(input.records.emplace_back(), FromProto(record));
  }
  return input;
}

v1::ReportResponse Refuse(const std::string& trial, int32_t attempt, std::string_view reason,
                          const std::string& message) {
  v1::ReportResponse response;
  response.set_trial(trial);
  response.set_attempt(attempt);
  response.mutable_refused()->set_reason(std::string(reason));
  response.mutable_refused()->set_message(message);
  return response;
}

}  // namespace

ReportStream* ReportStream::Begin(CommitLoop* loop) {
  const std::shared_ptr<ReportStream> stream(new ReportStream(loop));
  stream->self_ = stream;
  const std::lock_guard lock(stream->mutex_);
  stream->ReadMore();
  return stream.get();
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
    if (drained) End(absl::OkStatus());
    return;
  }
  absl::StatusOr<ReportInput> input = InputOf(request_);
  if (!input.ok()) {
    answers_.push_back(Refuse(request_.trial(), request_.attempt(), ErrorReason(input.status()),
                              std::string(input.status().message())));
    if (answers_.size() == 1) WriteMore();
    reading_ = false;
    ReadMore();
    return;
  }
  ++in_flight_;
  lock.unlock();
  Store(*std::move(input));
  lock.lock();
  reading_ = false;
  ReadMore();
}

void ReportStream::Store(ReportInput input) {
  auto shared = std::make_shared<const ReportInput>(std::move(input));
  loop_->Call<ReportOutput>([shared](Coordinator& coordinator,
                                     Timestamp now) { return coordinator.Report(*shared, now); },
                            [self = self_, shared](const absl::StatusOr<ReportOutput>& output) {
                              self->Answer(shared->id, output);
                            });
}

void ReportStream::Answer(const AttemptId& id, const absl::StatusOr<ReportOutput>& output) {
  // A store that cannot write now may later: the worker keeps its records and comes again.
  if (!output.ok()) {
    {
      const std::lock_guard lock(mutex_);
      --in_flight_;
    }
    return End(output.status());
  }
  const std::string trial = TrialResource(id.sweep, id.trial);
  v1::ReportResponse response;
  if (output->lease_lost) {
    response = Refuse(trial, id.attempt, reason::kLeaseLost,
                      "the attempt does not hold the trial's lease");
  } else {
    response.set_trial(trial);
    response.set_attempt(id.attempt);
    response.set_acknowledged_sequence(output->acknowledged_sequence);
  }
  const std::lock_guard lock(mutex_);
  --in_flight_;
  if (finished_) return;
  answers_.push_back(std::move(response));
  if (answers_.size() == 1) WriteMore();
  ReadMore();
}

void ReportStream::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  answers_.pop_front();
  if (ok) WriteMore();
  ReadMore();
  const bool drained = IsDrained();
  lock.unlock();
  if (!ok) return End(absl::CancelledError("the worker is gone"));
  if (drained) End(absl::OkStatus());
}

void ReportStream::OnCancel() { End(absl::CancelledError("the worker is gone")); }

void ReportStream::OnDone() {
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
  if (reading_ || half_closed_ || finished_) return;
  if (in_flight_ + static_cast<int>(answers_.size()) >= kMaxInFlight) return;
  reading_ = true;
  StartRead(&request_);
}

void ReportStream::WriteMore() {
  if (!answers_.empty() && !finished_) StartWrite(&answers_.front());
}

bool ReportStream::IsDrained() const { return half_closed_ && in_flight_ == 0 && answers_.empty(); }

}  // namespace adares
