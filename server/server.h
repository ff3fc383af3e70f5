// Server wires the coordinator, its services and its HTTP pages into one running whole. main and
// tests start it the same way.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/report_limits.h"
#include "server/coordinator/commit_loop.h"
#include "server/services/change_rate.h"

namespace adares {

struct ServerConfig {
  std::string state_dir;                  // holds adares.db; made if missing, locked while in use
  std::string listen = "127.0.0.1:7070";  // HOST:PORT or unix:PATH; port 0 takes a free one
  std::string http = "127.0.0.1:7071";    // HOST:PORT, or "none"
  // Accepts calls without encryption or authentication from other machines.
  bool insecure = false;
  int readers = 2;  // read-only connections
  LeaseOptions lease;
  // How long a stream that follows changes may be silent.
  std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
  // How long a message of a backup or a check may wait for its reader, and an upload or a download
  // for its worker. What follows changes may wait five times as long.
  std::chrono::milliseconds patience = std::chrono::minutes(1);
  // Streams of one kind that may be open. Each costs at most a message or two of memory, and a
  // fleet of workers needs one of each kind for each of them.
  size_t max_streams = kMaxConnectedWorkers;
  // How much one machine may change.
  ChangeRate::Limits change_rate = {};
  // Calls that one connection may have open; further ones wait at the client. A worker needs a
  // handful at a time, a person one or two.
  int max_calls_per_connection = 1'000;
  // What has been over for so long may be deleted (server/store/retention.h); 0 deletes nothing.
  Duration retention{0};
  // How often it is looked for; the first time at the start.
  std::chrono::milliseconds retention_period = std::chrono::hours(6);
};

class Server {
 public:
  // Opens the state folder and listens. Errors say which of state folder, database or address is
  // at fault, and the way out.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerConfig& config);
  // Shuts down.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Turns health and readiness off and ends calls that wait and streams, now and later, with
  // UNAVAILABLE DRAINING. Other calls are served. Idempotent.
  void Drain();

  // Drains, lets running calls end for a moment, commits what was accepted, and closes the
  // database. Idempotent.
  void Shutdown();

  // Where it listens, with the port that was taken.
  std::string address() const;
  std::string http_address() const;  // empty for none

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace adares
