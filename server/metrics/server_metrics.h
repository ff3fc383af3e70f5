// The Prometheus metrics of adares-server: all families in one place. docs/metrics.md is the
// catalogue. Labels are closed sets but for `worker`.
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/records.h"
#include "server/coordinator/effects.h"
#include "server/store/reader.h"

namespace adares {

class ServerMetrics {
 public:
  explicit ServerMetrics(std::string_view version);
  ~ServerMetrics();

  // Counts what a commit changed.
  void Count(const Effects& effects);
  void ObserveTransaction(double seconds);
  void CountCallStarted(std::string_view service, std::string_view method);
  void CountCallHandled(std::string_view service, std::string_view method, std::string_view code);
  void CountHttpRequest(std::string_view handler, int code);

  // Gauges are set from a snapshot.
  void SetQueue(const QueueCounts& counts);
  void SetWorkers(const std::vector<WorkerRecord>& live, int64_t lost);
  void SetDatabaseBytes(int64_t database, int64_t wal);
  void SetWatchStreams(int64_t n);

  // Text exposition format 0.0.4.
  std::string Expose();

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace adares
