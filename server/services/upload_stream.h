// The server's end of one UploadBlob call: reads a chunk, has it written on the file pool, and only
// then reads the next, so that an upload costs one chunk of memory and a slow disk slows its
// sender.
//
// gRPC owns the reactor's life through OnDone; work under way keeps it alive through `self_`.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <memory>
#include <mutex>

#include "adares/v1/worker_service.pb.h"
#include "server/services/blob_access.h"
#include "server/services/open_streams.h"

namespace adares {

class UploadStream;
using UploadStreams = OpenStreams<UploadStream>;

class UploadStream final : public grpc::ServerReadReactor<v1::UploadBlobRequest>,
                           public std::enable_shared_from_this<UploadStream> {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // The stream lives until gRPC is done with it. `streams` must outlive it.
  static UploadStream* Begin(const BlobAccess& access, UploadStreams* streams,
                             v1::UploadBlobResponse* response);

  // Ends it with DEADLINE_EXCEEDED where nothing came for longer than `patience`; likewise.
  void EndIfStuck(SteadyTime now, std::chrono::milliseconds patience);

  // Ends it with UNAVAILABLE DRAINING; what was written stays.
  void Stop() { End(DrainingError()); }

 private:
  UploadStream(const BlobAccess& access, UploadStreams* streams, v1::UploadBlobResponse* response)
      : access_(access), streams_(streams), response_(response) {}

  void OnReadDone(bool ok) override;
  void OnCancel() override { End(absl::CancelledError("the worker is gone")); }
  void OnDone() override;

  // One of these is under way at a time, or a read.
  void TakeBegin(const v1::UploadBegin& begin);
  void OpenUpload(int64_t offset);
  void WriteChunk();
  void GoOn();
  void FinishUpload();

  void ReadMore();
  // It was the storage, or the quota, that ended it.
  void EndByStorage(const absl::Status& status);
  void Answer(int64_t received_bytes);
  void End(const absl::Status& status);
  bool MarkFinished();

  const BlobAccess access_;
  UploadStreams* const streams_;
  v1::UploadBlobResponse* const response_;
  std::shared_ptr<UploadStream> self_;  // set by Begin, dropped by OnDone

  // Owned by what is under way.
  v1::UploadBlobRequest request_;
  UploadTarget target_;
  std::unique_ptr<BlobUpload> upload_;

  std::mutex mutex_;
  bool finished_ = false;  // guarded by mutex_: Finish was called
  bool reading_ = false;   // guarded by mutex_: it waits for the worker
  SteadyTime read_began_;  // guarded by mutex_
};

}  // namespace adares
