// A client's view of the coordinator's services: plain calls that answer values or errors. Lists
// come whole: pages are followed here. Calls block. Thread-safe without signals.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adares/v1/admin_service.pb.h"
#include "adares/v1/analysis_service.pb.h"
#include "adares/v1/sweep_service.pb.h"
#include "adares/v1/trial_service.pb.h"
#include "adares/v1/worker_service.pb.h"

namespace adares::client {

class Signals;

using Timeout = std::chrono::milliseconds;

class Connection {
 public:
  // INVALID_ARGUMENT where `address` is neither `HOST:PORT` nor `unix:PATH`. `timeout` bounds each
  // call except streams. With `signals`, which must live as long, an interrupt ends a call with
  // CANCELLED, and calls come from the thread of the signals only. Nothing is sent yet.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& address,
                                                          Timeout timeout,
                                                          Signals* signals = nullptr);
  ~Connection();

  const std::string& address() const;

  // Asks until the coordinator answers, for at most `patience`, whatever interrupts come.
  absl::Status AwaitAnswer(Timeout patience);

  absl::StatusOr<v1::CreateSweepResponse> CreateSweep(v1::CreateSweepRequest request);
  absl::StatusOr<v1::Sweep> GetSweep(const std::string& name);
  absl::StatusOr<std::vector<v1::Sweep>> ListSweeps();
  // Each counts once, however often it is sent.
  absl::StatusOr<v1::Sweep> PauseSweep(const std::string& name);
  absl::StatusOr<v1::Sweep> ResumeSweep(const std::string& name);
  absl::StatusOr<v1::Sweep> CancelSweep(const std::string& name);
  absl::StatusOr<v1::Sweep> RetrySweep(const std::string& name);
  absl::StatusOr<v1::ControlTrialsResponse> ControlTrials(v1::ControlTrialsRequest request);

  absl::StatusOr<v1::Trial> GetTrial(const std::string& name);
  // Only trials in one of `states`; empty for all.
  absl::StatusOr<std::vector<v1::Trial>> ListTrials(const std::string& sweep,
                                                    const std::vector<v1::Trial::State>& states);
  // Calls `each` for every message until the stream ends or `each` returns an error. One that
  // follows outlives a restart of the coordinator, without a line lost or repeated.
  absl::Status TailLogs(v1::TailLogsRequest request,
                        const std::function<absl::Status(const v1::TailLogsResponse&)>& each);

  // All pages in one answer.
  absl::StatusOr<v1::QueryMetricsResponse> QueryMetrics(const v1::QueryMetricsRequest& request);
  absl::StatusOr<v1::QuerySkipWeightsResponse> QuerySkipWeights(
      const v1::QuerySkipWeightsRequest& request);
  absl::StatusOr<v1::CompareVariantsResponse> CompareVariants(
      const v1::CompareVariantsRequest& request);

  absl::StatusOr<std::vector<v1::Worker>> ListWorkers();
  absl::Status CordonWorker(const std::string& name, const std::string& reason);
  absl::Status UncordonWorker(const std::string& name);
  absl::Status DrainWorker(const std::string& name);

  absl::StatusOr<v1::ServerInfo> GetServerInfo();
  absl::StatusOr<v1::CheckHealthResponse> CheckHealth();
  // Whether the standard health service says that the server serves.
  absl::StatusOr<bool> IsServing();

  // Call `each` for every message until the stream ends or `each` returns an error.
  absl::Status BackupDatabase(
      const std::function<absl::Status(const v1::BackupDatabaseResponse&)>& each);
  absl::Status CheckDatabase(
      const v1::CheckDatabaseRequest& request,
      const std::function<absl::Status(const v1::CheckDatabaseResponse&)>& each);
  absl::Status PruneDatabase(
      const v1::PruneDatabaseRequest& request,
      const std::function<absl::Status(const v1::PruneDatabaseResponse&)>& each);

 private:
  friend class SweepWatch;  // opens its stream on the same channel
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace adares::client
