// The server's end of one DownloadBlob call: reads a chunk on the file pool and sends it, one at a
// time, so that a slow client costs one chunk of memory.
//
// gRPC owns the reactor's life through OnDone; work under way keeps it alive through `self_`.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "adares/v1/worker_service.pb.h"
#include "core/sha256.h"
#include "server/services/blob_access.h"
#include "server/services/open_streams.h"

namespace adares {

class DownloadStream;
using DownloadStreams = OpenStreams<DownloadStream>;

class DownloadStream final : public grpc::ServerWriteReactor<v1::DownloadBlobResponse> {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  static constexpr size_t kChunkBytes = 512 << 10;

  // The stream lives until gRPC is done with it. `streams` must outlive it.
  static DownloadStream* Begin(grpc::CallbackServerContext* context, const BlobAccess& access,
                               DownloadStreams* streams, const v1::DownloadBlobRequest& request);

  // Cuts it off where the client took nothing for longer than `patience`.
  void EndIfStuck(SteadyTime now, std::chrono::milliseconds patience);

  // Ends it with UNAVAILABLE DRAINING.
  void Stop() { End(DrainingError()); }

 private:
  DownloadStream(grpc::CallbackServerContext* context, const BlobAccess& access,
                 DownloadStreams* streams, int64_t offset)
      : context_(context), access_(access), streams_(streams), offset_(offset) {}

  void OnWriteDone(bool ok) override;
  void OnCancel() override { End(absl::CancelledError("the client gave the call up")); }
  void OnDone() override;

  // One of these is under way at a time, or a write.
  void Open(const std::string& sha256);
  void SendMore();
  // DATA_LOSS BLOB_MISMATCH where all was sent, and it was not the blob; then that is removed.
  absl::Status CheckSent();

  void End(const absl::Status& status);

  grpc::CallbackServerContext* const context_;
  const BlobAccess access_;
  DownloadStreams* const streams_;
  std::shared_ptr<DownloadStream> self_;  // set by Begin, dropped by OnDone

  // Owned by what is under way.
  std::unique_ptr<BlobReader> blob_;
  std::string sha256_;
  std::optional<Sha256> hash_;  // of what is sent, where that is the whole
  int64_t offset_;
  v1::DownloadBlobResponse response_;

  std::mutex mutex_;
  bool finished_ = false;   // guarded by mutex_: Finish was called
  bool writing_ = false;    // guarded by mutex_: it waits for the client
  SteadyTime write_began_;  // guarded by mutex_
};

}  // namespace adares
