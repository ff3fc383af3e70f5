// A worker that does what a test tells it, over the real protocol.
#pragma once

#include <grpcpp/channel.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adares/v1/worker_service.grpc.pb.h"

namespace adares {

// Thread-safe once its members are set.
class ScriptedWorker {
 public:
  // Takes the place of the instance before it, if it names one.
  ScriptedWorker(std::shared_ptr<grpc::Channel> channel, std::string name, std::string instance,
                 std::string previous_instance = "");

  absl::StatusOr<v1::RegisterWorkerResponse> Register(int slots = 1) const;

  // States what `held` says.
  absl::StatusOr<v1::SyncResponse> Sync(int max_wait_seconds = 0) const;
  // The same on another thread, held open for up to a minute.
  std::future<absl::StatusOr<v1::SyncResponse>> HoldSync() const;

  // Syncs, and holds what it is told to start, which must be one attempt. Empty where it is not.
  v1::Assignment TakeOne();
  // From now on it says that it holds the attempt.
  void Hold(const v1::Assignment& assignment,
            v1::HeldAttempt::Phase phase = v1::HeldAttempt::PHASE_RUNNING);

  const std::string name;
  const std::string instance;
  const std::string previous_instance;
  std::vector<v1::HeldAttempt> held;
  bool draining = false;
  bool leaving = false;

 private:
  const std::shared_ptr<grpc::Channel> channel_;
};

// What the worker says of a file with this content that it uploads for the attempt.
v1::BlobUpload UploadOf(const ScriptedWorker& worker, const v1::Assignment& attempt,
                        const std::string& content);

// The worker's end of one Report stream, one message and its answer at a time.
class Reports {
 public:
  Reports(const std::shared_ptr<grpc::Channel>& channel, const ScriptedWorker& worker);
  ~Reports();

  // The answer; an error where the stream has ended.
  absl::StatusOr<v1::ReportResponse> Send(const v1::Assignment& attempt, int64_t first_sequence,
                                          const std::vector<v1::Record>& records);
  // The highest durable sequence that the answer tells; -1 for any other answer.
  int64_t Acknowledged(const v1::Assignment& attempt, int64_t first_sequence,
                       const std::vector<v1::Record>& records);
  // The reason of a refusal; empty for any other answer.
  std::string Refused(const v1::Assignment& attempt, int64_t first_sequence,
                      const std::vector<v1::Record>& records);

  // Says that there is no more, and waits for the end.
  absl::Status Finish();
  // Waits for the end that the server gives it.
  absl::Status End();

 private:
  const std::string worker_;
  const std::string instance_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  const std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ReportRequest, v1::ReportResponse>> stream_;
};

// Records.
v1::Record PointRecord(const std::string& key, int64_t step, double value);
v1::Record WeightRecord(const std::string& site, int64_t step, double value, double gradient);
v1::Record LogRecord(int64_t first_number, const std::vector<std::string>& texts);
v1::Record ProgressRecord(int64_t step, int64_t total_steps);
v1::Record StartRecord(int64_t total_steps, int64_t total_epochs);
v1::Record EndRecord(v1::Attempt::EndReason reason, const std::string& message = "");

}  // namespace adares
