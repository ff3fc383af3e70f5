// A child process in a process group of its own, so that Ctrl-C at the terminal does not reach it,
// and that gets SIGTERM when this process dies, however. Not thread-safe; start it from the main
// thread (the kernel ties the child to the thread that starts it).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace adares::client {

class ChildProcess {
 public:
  struct Options {
    std::string program;                 // a path
    std::vector<std::string> arguments;  // without the program's name
    std::string log_path;                // where standard output and error are appended
  };

  // NOT_FOUND where the program is not there, INTERNAL where it cannot be started.
  static absl::StatusOr<ChildProcess> Start(const Options& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) = delete;
  // Kills and reaps it if it still runs.
  ~ChildProcess();

  // Reaps it if it has ended. Cheap; call it after SIGCHLD.
  bool HasEnded();

  // Nothing where it has ended.
  void Signal(int number);

  // "with exit code 1", "by signal 9 (Killed)"; meaningful once it has ended.
  std::string EndText() const;

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;  // -1 once reaped or moved from
  int wait_status_ = 0;
};

// The last `count` lines of a file; empty where it cannot be read.
std::vector<std::string> LastLines(const std::string& path, size_t count);

}  // namespace adares::client
