// A coordinator for tests that answers what it was told to, over a real gRPC server. Lists are
// paged by two, so that clients must follow pages.
#pragma once

#include <grpcpp/server.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "adares/v1/admin_service.grpc.pb.h"
#include "adares/v1/analysis_service.grpc.pb.h"
#include "adares/v1/sweep_service.grpc.pb.h"
#include "adares/v1/trial_service.grpc.pb.h"
#include "adares/v1/worker_service.grpc.pb.h"

namespace adares::client {

// How one WatchSweep call goes: the messages, then the end. Once all are used, calls are held open
// until the client leaves.
struct WatchScript {
  std::vector<v1::WatchSweepResponse> messages;
  absl::Status end;
};

struct Script {
  std::vector<v1::Sweep> sweeps;
  std::vector<v1::Trial> trials;
  std::vector<v1::Worker> workers;
  v1::CreateSweepResponse created;
  v1::QueryMetricsResponse metrics;
  v1::QuerySkipWeightsResponse weights;
  v1::CompareVariantsResponse comparison;
  std::vector<v1::TailLogsResponse> logs;
  absl::Status logs_end;
  int lost_tails = 0;  // TailLogs calls that end so after their first message:
  absl::Status tail_loss = absl::UnavailableError("the coordinator stops");
  std::vector<WatchScript> watches;
  v1::ServerInfo info;
  v1::CheckHealthResponse health;
  std::vector<v1::BackupDatabaseResponse> backup;
  std::vector<v1::CheckResult> checks;
  std::vector<v1::PruneDatabaseResponse> pruned;
  // Called before each of them begins.
  std::function<void()> before_watch = [] {};
  // What a call answers instead, by its name.
  std::map<std::string, absl::Status> errors;
  // Calls that are never answered, by their names; TailLogs sends its lines first.
  std::set<std::string> held;
  // Called when one of them waits.
  std::function<void()> on_hold = [] {};
};

class ScriptedCoordinator {
 public:
  // Listens at once; `address` as for grpc::ServerBuilder.
  ScriptedCoordinator(const std::string& address, Script script);
  // Ends all calls.
  ~ScriptedCoordinator();

  // What clients asked, as debug text, in order: "GetSweep name: \"sweeps/x\"".
  std::vector<std::string> requests();

 private:
  struct Services;
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace adares::client
