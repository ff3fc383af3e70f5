#include "worker/agent/report_stream.h"

#include <optional>
#include <utility>

#include "rpc/grpc_status.h"
#include "worker/agent/wire.h"

namespace adares::worker {

std::shared_ptr<ReportStream> ReportStream::Open(v1::WorkerService::Stub& stub, PostToOwner post,
                                                 CallCount& calls, ReportHandlers handlers) {
  std::shared_ptr<ReportStream> stream(
      new ReportStream(std::move(post), calls, std::move(handlers)));
  stream->self_ = stream;
  calls.Begin();
  stub.async()->Report(&stream->context_, stream.get());
  // Writes begin outside of gRPC's reactions; without the hold the stream might be gone by then.
  stream->AddHold();
  stream->StartRead(&stream->response_);
  stream->StartCall();
  return stream;
}

void ReportStream::Send(v1::ReportRequest request) {
  if (!holding_) return;
  request_ = std::move(request);
  StartWrite(&request_);
}

void ReportStream::Abandon() {
  abandoned_ = true;
  context_.TryCancel();
  ReleaseHold();
}

void ReportStream::ReleaseHold() {
  if (std::exchange(holding_, false)) RemoveHold();
}

void ReportStream::OnReadDone(bool ok) {
  if (!ok) {  // nothing more will come: the call is ending
    post_([stream = self_] { stream->ReleaseHold(); });
    return;
  }
  if (std::optional<ReportAnswer> answer = FromWire(response_)) {
    post_([stream = self_, answer = *std::move(answer)] {
      if (!stream->abandoned_) stream->handlers_.answered(answer);
    });
  }
  StartRead(&response_);
}

void ReportStream::OnWriteDone(bool ok) {
  if (!ok) return;
  post_([stream = self_] {
    if (!stream->abandoned_) stream->handlers_.sent();
  });
}

void ReportStream::OnDone(const grpc::Status& status) {
  absl::Status reason = FromGrpcStatus(status);
  if (reason.ok()) reason = absl::UnavailableError("the coordinator closed the report stream");
  post_([stream = self_, reason = std::move(reason)] {
    if (!stream->abandoned_) stream->handlers_.closed(reason);
  });
  CallCount& calls = calls_;
  self_.reset();
  calls.End();
}

}  // namespace adares::worker
