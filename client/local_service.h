// A private coordinator and worker of this process: the programs beside our own, talking over a
// Unix socket in a folder that only this user can open. Not thread-safe; main thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/child_process.h"
#include "client/connection.h"
#include "client/signals.h"
#include "client/slot_plan.h"

namespace adares::client {

// What its worker is called.
inline constexpr char kLocalWorker[] = "local";

class LocalService {
 public:
  struct Options {
    std::string state;   // the folder that keeps database, logs and the worker's files
    std::string data;    // the folder of data sets; may be empty
    std::string device;  // cpu, cuda or auto
    Timeout timeout;     // of each call
  };

  // Starts the coordinator and waits until it answers. FAILED_PRECONDITION STATE_FOLDER_IN_USE
  // where another one has the folder, in which nothing is made then; other errors say what its log
  // says last; CANCELLED where an interrupt came first.
  static absl::StatusOr<std::unique_ptr<LocalService>> Start(const Options& options,
                                                             Signals& signals);
  // Kills what still runs and removes the socket's folder.
  ~LocalService();

  // Starts the worker. It connects by itself.
  absl::Status StartWorker(const SlotPlan& plan);

  // Its calls end with CANCELLED where an interrupt comes.
  Connection& connection() { return *connection_; }

  // An error where one of the processes has ended though nobody asked it to.
  absl::Status Check();

  // Ends first the worker, which gives its trials back, then the coordinator; each has 20 s. An
  // interrupt meanwhile kills them. There is no connection afterwards.
  void Stop(Signals& signals);

 private:
  LocalService(const Options& options, std::string socket_folder);

  absl::Status StartServer(Signals& signals);
  absl::Status AwaitServer(Signals& signals);
  std::string LogPath(const std::string& program) const;
  absl::Status EndedEarly(const std::string& program, const ChildProcess& child) const;

  const Options options_;
  const std::string socket_folder_;
  const std::string address_;
  std::optional<ChildProcess> server_;
  std::optional<ChildProcess> worker_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace adares::client
