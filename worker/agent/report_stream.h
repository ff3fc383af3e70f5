// One Report call.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <functional>
#include <memory>

#include "adares/v1/worker_service.grpc.pb.h"
#include "worker/agent/call_count.h"
#include "worker/agent/coordinator_link.h"

namespace adares::worker {

// Runs an action on the owner thread; may be called from any thread.
using PostToOwner = std::function<void(std::function<void()>)>;

// Open, Send and Abandon are for the owner thread, where the handlers are called as well. It lives
// until gRPC is done with it, whatever becomes of the pointer.
class ReportStream : public grpc::ClientBidiReactor<v1::ReportRequest, v1::ReportResponse> {
 public:
  // `calls` counts it, and outlives it.
  static std::shared_ptr<ReportStream> Open(v1::WorkerService::Stub& stub, PostToOwner post,
                                            CallCount& calls, ReportHandlers handlers);

  // One at a time. What is sent on a stream that is about to close is lost with it.
  void Send(v1::ReportRequest request);

  // Ends the stream; no handler is called from now on.
  void Abandon();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  ReportStream(PostToOwner post, CallCount& calls, ReportHandlers handlers)
      : post_(std::move(post)), calls_(calls), handlers_(std::move(handlers)) {}

  void ReleaseHold();

  const PostToOwner post_;
  CallCount& calls_;
  const ReportHandlers handlers_;
  grpc::ClientContext context_;
  v1::ReportRequest request_;           // while a write is under way
  v1::ReportResponse response_;         // while a read is under way
  std::shared_ptr<ReportStream> self_;  // until OnDone
  bool holding_ = true;                 // writes may begin; owner thread only
  bool abandoned_ = false;              // owner thread only
};

}  // namespace adares::worker
