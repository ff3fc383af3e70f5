// The server's end of one worker's Report stream: converts, posts to the commit loop, and
// acknowledges what became durable. At most kMaxInFlight requests are being stored at a time; the
// worker waits behind flow control while the disk is busy, so a stream costs bounded memory.
//
// gRPC owns the reactor's life through OnDone; answers of the loop keep it alive through `self_`.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <mutex>

#include "absl/status/statusor.h"
#include "adares/v1/worker_service.pb.h"
#include "server/coordinator/commit_loop.h"
#include "server/services/open_streams.h"

namespace adares {

class ReportStream;
using ReportStreams = OpenStreams<ReportStream>;

class ReportStream final : public grpc::ServerBidiReactor<v1::ReportRequest, v1::ReportResponse> {
 public:
  // The stream lives until gRPC is done with it. `loop` and `streams` must outlive it.
  static ReportStream* Begin(CommitLoop* loop, ReportStreams* streams);

  // Reads no more, and ends with UNAVAILABLE DRAINING once everything that was read is answered.
  void Stop();

 private:
  static constexpr int kMaxInFlight = 16;

  ReportStream(CommitLoop* loop, ReportStreams* streams) : loop_(loop), streams_(streams) {}

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Each leads to one Answer, for which `in_flight_` was counted up.
  void Store(ReportInput input);
  void Reject(ReportInput input, const absl::Status& why);
  void Answer(absl::StatusOr<v1::ReportResponse> response);
  void End(const absl::Status& status);
  // With mutex_ held.
  void QueueAnswer(v1::ReportResponse response);
  void ReadMore();
  void WriteMore();
  bool IsDrained() const;
  absl::Status EndOfDrained() const;

  CommitLoop* const loop_;
  ReportStreams* const streams_;
  std::shared_ptr<ReportStream> self_;  // set by Begin, dropped by OnDone
  v1::ReportRequest request_;           // owned by the read under way

  std::mutex mutex_;
  std::deque<v1::ReportResponse> answers_;  // guarded by mutex_; the first one is being written
  int in_flight_ = 0;                       // guarded by mutex_: requests not yet answered
  bool reading_ = false;                    // guarded by mutex_
  bool half_closed_ = false;                // guarded by mutex_: the worker sends no more
  bool stopping_ = false;                   // guarded by mutex_: the server stops
  bool finished_ = false;                   // guarded by mutex_: Finish was called
};

}  // namespace adares
