// The real adares-server as a child process, on a free port of 127.0.0.1.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/fleet/measurements.h"
#include "client/child_process.h"

namespace adares::bench {

// For the main thread only. The server is killed with it.
class ServerProcess {
 public:
  // Starts the program beside our own on `state`, which may hold the database of an earlier one,
  // and waits until it listens. Its log is appended to server.log in that folder.
  static absl::StatusOr<ServerProcess> Start(const std::filesystem::path& state);

  const std::string& address() const { return address_; }

  absl::StatusOr<ProcessUse> Use() const { return UseOf(child_.pid()); }

  // Asks it to end and waits until it has. It leaves a database without a write-ahead log.
  // INTERNAL where it ended in another way or left one.
  absl::Status Stop();

  // Of the database file alone: what was committed may still be in the write-ahead log while the
  // server runs.
  absl::StatusOr<int64_t> DatabaseBytes() const;

 private:
  ServerProcess(client::ChildProcess child, std::filesystem::path state)
      : child_(std::move(child)), state_(std::move(state)) {}

  absl::Status AwaitAddress();
  absl::Status Failure(const std::string& what) const;

  client::ChildProcess child_;
  std::filesystem::path state_;
  std::string address_;
};

}  // namespace adares::bench
