// The server's end of one worker's Report stream: posts what comes to the commit loop, and
// acknowledges what became durable. At most kMaxInFlight requests and about kMaxBytesInFlight are
// being stored at a time; the worker waits behind flow control while the disk is busy, so a stream
// costs bounded memory. Requests come as bytes: only of an attempt whose lease the worker holds are
// messages made.
//
// gRPC owns the reactor's life through OnDone; answers of the loop keep it alive through `self_`.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <mutex>
#include <set>

#include "absl/status/statusor.h"
#include "adares/v1/worker_service.pb.h"
#include "server/coordinator/commit_loop.h"
#include "server/services/open_streams.h"
#include "server/services/report_parcel.h"

namespace adares {

class ReportStream;
using ReportStreams = OpenStreams<ReportStream>;

class ReportStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // The stream lives until gRPC is done with it. `loop` and `streams` must outlive it.
  static ReportStream* Begin(CommitLoop* loop, ReportStreams* streams);

  // Reads no more, and ends with UNAVAILABLE DRAINING once everything that was read is answered.
  void Stop();

 private:
  static constexpr int kMaxInFlight = 16;
  static constexpr size_t kMaxBytesInFlight = 4 << 20;
  static constexpr size_t kMaxKnown = 2'048;  // twice the slots that a worker may have

  ReportStream(CommitLoop* loop, ReportStreams* streams) : loop_(loop), streams_(streams) {}

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Leads to one Answer, for which it was counted as in flight.
  void Post(ReportParcel parcel, bool is_known);
  static void PostRejection(const std::shared_ptr<ReportStream>& self,
                            const std::shared_ptr<ReportParcel>& parcel, const absl::Status& why);
  void Answer(const ReportParcel& parcel, const absl::StatusOr<ReportOutput>& output);
  void End(const absl::Status& status);
  // With mutex_ held.
  void QueueAnswer(const v1::ReportResponse& response);
  void ReadMore();
  void WriteMore();
  bool IsDrained() const;
  absl::Status EndOfDrained() const;

  CommitLoop* const loop_;
  ReportStreams* const streams_;
  std::shared_ptr<ReportStream> self_;  // set by Begin, dropped by OnDone
  grpc::ByteBuffer request_;            // owned by the read under way

  std::mutex mutex_;
  std::deque<grpc::ByteBuffer> answers_;  // guarded by mutex_; the first one is being written
  std::set<AttemptId> known_;             // guarded by mutex_: of which something was stored
  int in_flight_ = 0;                     // guarded by mutex_: requests not yet answered
  size_t bytes_in_flight_ = 0;            // guarded by mutex_: of those
  bool reading_ = false;                  // guarded by mutex_
  bool half_closed_ = false;              // guarded by mutex_: the worker sends no more
  bool stopping_ = false;                 // guarded by mutex_: the server stops
  bool finished_ = false;                 // guarded by mutex_: Finish was called
};

}  // namespace adares
