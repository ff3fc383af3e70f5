#include "tests/integration/raw_calls.h"

#include "rpc/grpc_status.h"
#include "tests/integration/server_fixture.h"

namespace adares {

RawUpload::RawUpload(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(v1::WorkerService::NewStub(channel)),
      context_(NewContext()),
      stream_(stub_->UploadBlob(context_.get(), &response_)) {}

bool RawUpload::Begin(const v1::BlobUpload& upload, int64_t offset) {
  v1::UploadBlobRequest request;
  *request.mutable_begin()->mutable_upload() = upload;
  request.mutable_begin()->set_offset(offset);
  return stream_->Write(request);
}

bool RawUpload::Send(const std::string& chunk) {
  v1::UploadBlobRequest request;
  request.set_chunk(chunk);
  return stream_->Write(request);
}

absl::StatusOr<int64_t> RawUpload::Finish() {
  stream_->WritesDone();
  const absl::Status status = FromGrpcStatus(End());
  if (!status.ok()) return status;
  return response_.received_bytes();
}

RawReport::RawReport(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(channel),
      context_(NewContext()),
      call_(stub_.PrepareCall(context_.get(), "/adares.v1.WorkerService/Report", &queue_)) {
  call_->StartCall(nullptr);
  EXPECT_TRUE(Await());
}

bool RawReport::Await() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool RawReport::Send(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  call_->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  return Await();
}

absl::StatusOr<v1::ReportResponse> RawReport::Answer() {
  grpc::ByteBuffer bytes;
  call_->Read(&bytes, nullptr);
  if (!Await()) return absl::OutOfRangeError("the server has ended the stream");
  v1::ReportResponse response;
  const grpc::Status read =
      grpc::SerializationTraits<v1::ReportResponse>::Deserialize(&bytes, &response);
  if (!read.ok()) return FromGrpcStatus(read);
  return response;
}

absl::Status RawReport::End() {
  grpc::Status status;
  call_->Finish(&status, nullptr);
  Await();
  return FromGrpcStatus(status);
}

}  // namespace adares
