// The Prometheus metrics of adares-server: all families in one place. docs/metrics.md is the
// catalogue. Labels are closed sets but for `worker`.
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/records.h"
#include "server/coordinator/effects.h"
#include "server/metrics/call_metrics.h"
#include "server/store/reader.h"

namespace adares {

struct DatabaseBytes {
  int64_t file = 0;
  int64_t wal = 0;
  int64_t volume_free = 0;  // of the volume that holds them
};

class ServerMetrics {
 public:
  explicit ServerMetrics(std::string_view version);
  ~ServerMetrics();

  // Counts what a commit changed.
  void Count(const Effects& effects);
  // One transaction of the coordinator and how it ended.
  void ObserveTransaction(double seconds, const absl::Status& committed);
  // How an upload of a file of a checkpoint ended. What is the worker's matter does not count.
  void CountUpload(const absl::Status& ended);
  CallMetrics& calls();
  // Exports the handler's series as 0.
  void DeclareHttpHandler(const std::string& handler);
  void CountHttpRequest(const std::string& handler, int code, double seconds);

  // Gauges are set from a snapshot.
  void SetQueue(const QueueCounts& counts);
  void SetWorkers(const std::vector<WorkerRecord>& live, int64_t lost);
  void SetDatabase(const DatabaseBytes& bytes);
  void SetArtifacts(int64_t bytes);  // of all blobs
  void SetWatchStreams(int64_t n);
  // A backup that shows this moment was handed over.
  void SetLastBackup(Timestamp taken_at);

  // Text exposition format 0.0.4.
  std::string Expose();

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace adares
