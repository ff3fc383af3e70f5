// Calls of a worker message by message, as no worker makes them.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adares/v1/worker_service.grpc.pb.h"

namespace adares {

// One UploadBlob stream. What is sent after the server has ended it is lost.
class RawUpload {
 public:
  explicit RawUpload(const std::shared_ptr<grpc::Channel>& channel);

  bool Begin(const v1::BlobUpload& upload, int64_t offset = 0);
  bool Send(const std::string& chunk);
  // Says that there is no more, and waits for the end: the bytes that the server has.
  absl::StatusOr<int64_t> Finish();
  // Waits for the end that the server gives it.
  grpc::Status End() { return stream_->Finish(); }

 private:
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  const std::unique_ptr<grpc::ClientContext> context_;
  v1::UploadBlobResponse response_;
  const std::unique_ptr<grpc::ClientWriter<v1::UploadBlobRequest>> stream_;
};

// One Report stream of bytes that need not be reports.
class RawReport {
 public:
  explicit RawReport(const std::shared_ptr<grpc::Channel>& channel);

  bool Send(const std::string& bytes);
  // The next answer; an error where there is none.
  absl::StatusOr<v1::ReportResponse> Answer();
  // Waits for the end that the server gives it.
  absl::Status End();

 private:
  bool Await();

  grpc::GenericStub stub_;
  const std::unique_ptr<grpc::ClientContext> context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

}  // namespace adares
