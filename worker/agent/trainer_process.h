// A running trainer: its pipes and its end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "worker/agent/trainer_spawn.h"

namespace boost::asio {
class io_context;
}

namespace adares::worker {

// How a trainer's process ended.
struct TrainerExit {
  int exit_code = 0;  // 128 + n for signal n, as shells have it
  int signal = 0;     // 0 where it exited by itself
};

// From the status of waitpid.
TrainerExit ExitOf(int wait_status);

// "exited with code 3", "was killed by signal 11 (Segmentation fault)".
std::string Describe(const TrainerExit& exit);

// What a trainer does. Called on the owner thread, never from inside a call of TrainerProcess
// except the two that drain; a handler may destroy the process.
struct TrainerHandlers {
  std::function<void(std::string_view line)> event;
  // A line longer than kMaxEventBytes; nothing more is read from the event pipe.
  std::function<void()> event_too_long;
  std::function<void(std::string_view bytes)> log;
  // Comes last, and once: the process is gone and both pipes are read to their end.
  std::function<void(const TrainerExit&)> exited;
};

// Lives on the thread that runs `io`. Destroying it kills the process and its group, and waits for
// its end until kDeathWait after it was first killed: one that hangs in the kernel is left to the
// kernel. Starting one sets SIGPIPE to be ignored.
class TrainerProcess {
 public:
  static constexpr size_t kMaxEventBytes = 4 << 20;
  static constexpr std::chrono::seconds kDeathWait{2};

  static absl::StatusOr<std::unique_ptr<TrainerProcess>> Start(boost::asio::io_context& io,
                                                               const TrainerProgram& program,
                                                               TrainerHandlers handlers);
  ~TrainerProcess();
  TrainerProcess(const TrainerProcess&) = delete;
  TrainerProcess& operator=(const TrainerProcess&) = delete;

  pid_t pid() const;

  // Sends one command line (without its newline). UNAVAILABLE where the trainer does not take it.
  absl::Status Send(std::string_view line);

  // Asks the trainer to leave: end of file on its commands.
  void CloseInput();

  // Kills the process and all of its group.
  void Kill();

  // Hands to `log` at once what is in the log pipe already.
  void DrainLog();

  // The same of the event pipe. Not from inside `event`.
  void DrainEvents();

 private:
  class Impl;
  explicit TrainerProcess(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<Impl> impl_;  // shared with the operations under way
};

}  // namespace adares::worker
