#include "server/services/upload_stream.h"

#include <utility>

#include "rpc/grpc_status.h"

namespace adares {
namespace {

// Whether the store keeps nothing of an upload that ended so.
bool IsDropped(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  return reason == reason::kStorageFull || reason == reason::kStorageFailed ||
         reason == reason::kBlobMismatch;
}

}  // namespace

UploadStream* UploadStream::Begin(const BlobAccess& access, UploadStreams* streams,
                                  v1::UploadBlobResponse* response) {
  const std::shared_ptr<UploadStream> stream(new UploadStream(access, streams, response));
  stream->self_ = stream;
  if (const absl::Status taken = streams->Add(stream.get()); !taken.ok()) {
    stream->End(taken);
  } else {
    stream->ReadMore();
  }
  return stream.get();
}

void UploadStream::OnReadDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
  }
  if (!ok) return Answer(upload_ ? upload_->received_bytes() : 0);
  const absl::Status fits = CheckPart(request_, /*is_first=*/upload_ == nullptr);
  if (!fits.ok()) return End(fits);
  if (request_.has_begin()) return TakeBegin(request_.begin());
  access_.files->Post([self = shared_from_this()] { self->WriteChunk(); });
}

void UploadStream::TakeBegin(const v1::UploadBegin& begin) {
  absl::StatusOr<UploadTarget> target = FromProto(begin.upload());
  if (!target.ok()) return End(target.status());
  target_ = *std::move(target);
  IfHeld(
      access_, target_,
      [self = shared_from_this(), offset = begin.offset()] { self->OpenUpload(offset); },
      [self = shared_from_this()](const absl::Status& refused) { self->End(refused); });
}

void UploadStream::OpenUpload(int64_t offset) {
  const BlobName& blob = target_.blob;
  const Timestamp now = SystemNow();
  if (access_.blobs->index().Find(blob.sha256) != blob.size_bytes) {
    const absl::Status counted = access_.quota->Begin(target_.id, blob.sha256, now);
    if (!counted.ok()) return EndByStorage(counted);
  }
  auto upload = access_.blobs->Begin(blob, offset, now);
  if (!upload.ok()) return EndByStorage(upload.status());
  if (*upload == nullptr) return Answer(target_.blob.size_bytes);
  upload_ = *std::move(upload);
  GoOn();
}

void UploadStream::WriteChunk() {
  const absl::Status written = access_.blobs->Append(*upload_, request_.chunk());
  if (!written.ok()) return EndByStorage(written);
  GoOn();
}

// The lease may have ended since the beginning: then the blob does not get its name.
void UploadStream::GoOn() {
  if (!upload_->is_complete()) return ReadMore();
  IfHeld(
      access_, target_, [self = shared_from_this()] { self->FinishUpload(); },
      [self = shared_from_this()](const absl::Status& refused) { self->End(refused); });
}

void UploadStream::FinishUpload() {
  const Timestamp now = SystemNow();
  const absl::Status finished = access_.blobs->Finish(*upload_, now);
  if (!finished.ok()) return EndByStorage(finished);
  access_.quota->Touch(target_.id, target_.blob.sha256, now);  // from now on it stays for an hour
  (*access_.ended)(absl::OkStatus());
  Answer(target_.blob.size_bytes);
}

void UploadStream::ReadMore() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  reading_ = true;
  read_began_ = std::chrono::steady_clock::now();
  StartRead(&request_);
}

void UploadStream::EndIfStuck(SteadyTime now, std::chrono::milliseconds patience) {
  {
    const std::lock_guard lock(mutex_);
    if (!reading_ || now - read_began_ <= patience) return;
  }
  End(absl::DeadlineExceededError("nothing more of the upload came; begin it again"));
}

void UploadStream::EndByStorage(const absl::Status& status) {
  if (IsDropped(status)) access_.quota->Forget(target_.id, target_.blob.sha256);
  (*access_.ended)(status);
  End(status);
}

bool UploadStream::MarkFinished() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(finished_, true);
}

void UploadStream::Answer(int64_t received_bytes) {
  if (!MarkFinished()) return;
  response_->set_received_bytes(received_bytes);
  Finish(grpc::Status::OK);
}

void UploadStream::End(const absl::Status& status) {
  if (MarkFinished()) Finish(ToGrpcStatus(status));
}

void UploadStream::OnDone() {
  streams_->Remove(this);
  // Work on the pool may still hold the stream.
  const std::shared_ptr<UploadStream> last = std::move(self_);
}

}  // namespace adares
