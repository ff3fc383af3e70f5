#include "server/services/download_stream.h"

#include <grpcpp/server_context.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "rpc/grpc_status.h"

namespace adares {

DownloadStream* DownloadStream::Begin(grpc::CallbackServerContext* context,
                                      const BlobAccess& access, DownloadStreams* streams,
                                      const v1::DownloadBlobRequest& request) {
  const std::shared_ptr<DownloadStream> stream(
      new DownloadStream(context, access, streams, request.offset()));
  stream->self_ = stream;
  if (const absl::Status taken = streams->Add(stream.get()); !taken.ok()) {
    stream->End(taken);
  } else if (const absl::StatusOr<std::string> hash = HashOf(request); !hash.ok()) {
    stream->End(hash.status());
  } else {
    const bool posted = access.files->TryPost([stream, sha256 = *hash] { stream->Open(sha256); });
    if (!posted) stream->End(OverloadedError());
  }
  return stream.get();
}

void DownloadStream::Open(const std::string& sha256) {
  auto blob = access_.blobs->Read(sha256);
  if (!blob.ok()) return End(blob.status());
  blob_ = *std::move(blob);
  sha256_ = sha256;
  if (offset_ == 0) hash_.emplace();
  if (offset_ < 0 || offset_ > blob_->size_bytes()) {
    return End(
        InvalidField("offset", absl::StrCat("the blob has ", blob_->size_bytes(), " bytes")));
  }
  SendMore();
}

void DownloadStream::SendMore() {
  absl::StatusOr<std::string> bytes = blob_->Read(offset_, kChunkBytes);
  if (!bytes.ok()) return End(bytes.status());
  if (bytes->empty()) return End(CheckSent());
  if (hash_) hash_->Add(*bytes);
  offset_ += static_cast<int64_t>(bytes->size());
  response_.set_chunk(*std::move(bytes));
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  writing_ = true;
  write_began_ = std::chrono::steady_clock::now();
  StartWrite(&response_);
}

// Disks forget: whoever gets the bytes would find out, but could not tell whose fault it is.
absl::Status DownloadStream::CheckSent() {
  if (!hash_ || hash_->Hex() == sha256_) return absl::OkStatus();
  const absl::Status removed = access_.blobs->RemoveDamaged(sha256_, *blob_);
  spdlog::error("event=blob_damaged sha256={} removed={:?} hint=\"see whether the disk is sound\"",
                sha256_, removed.ToString());
  return MakeError(absl::StatusCode::kDataLoss, reason::kBlobMismatch,
                   absl::StrCat("blob ", sha256_, " is damaged on the coordinator's disk"),
                   {{"sha256", sha256_}});
}

// An end of ours would stand behind the chunk that is not taken.
void DownloadStream::EndIfStuck(SteadyTime now, std::chrono::milliseconds patience) {
  {
    const std::lock_guard lock(mutex_);
    if (!writing_ || now - write_began_ <= patience) return;
  }
  context_->TryCancel();
}

void DownloadStream::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }
  if (!ok) return End(absl::CancelledError("the client is gone"));
  access_.files->Post([self = self_] { self->SendMore(); });
}

void DownloadStream::End(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
  }
  Finish(ToGrpcStatus(status));
}

void DownloadStream::OnDone() {
  streams_->Remove(this);
  // Work on the pool may still hold the stream.
  const std::shared_ptr<DownloadStream> last = std::move(self_);
}

}  // namespace adares
