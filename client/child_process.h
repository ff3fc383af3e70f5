// A child process in a process group of its own, so that Ctrl-C at the terminal does not reach it,
// and that gets a signal when this process dies, however. Not thread-safe; start it from the main
// thread (the kernel ties the child to the thread that starts it).
#pragma once

#include <sys/types.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace adares::client {

// The path of a program that lies where our own does.
std::string ProgramBeside(const std::string& name);

class ChildProcess {
 public:
  struct Options {
    std::string program;                 // a path
    std::vector<std::string> arguments;  // without the program's name
    std::string log_path;                // where standard output and error are appended
    int death_signal = SIGTERM;          // what it gets when this process dies, however
  };

  // NOT_FOUND where the program is not there, INTERNAL where it cannot be started.
  static absl::StatusOr<ChildProcess> Start(const Options& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) = delete;
  // Kills and reaps it if it still runs.
  ~ChildProcess();

  // -1 once it has ended and that was seen.
  pid_t pid() const { return pid_; }

  // Reaps it if it has ended. Cheap; call it after SIGCHLD.
  bool HasEnded();

  // Nothing where it has ended.
  void Signal(int number);

  // Whether it ended by itself with exit code 0; meaningful once it has ended.
  bool Succeeded() const;

  // "with exit code 1", "by signal 9 (Killed)"; meaningful once it has ended.
  std::string EndText() const;

  // The last lines that it has written; fewer than `count` where there are fewer.
  std::vector<std::string> LastLines(size_t count) const;

 private:
  ChildProcess(pid_t pid, std::string log_path, off_t log_begin)
      : pid_(pid), log_path_(std::move(log_path)), log_begin_(log_begin) {}

  pid_t pid_;  // -1 once reaped or moved from
  int wait_status_ = 0;
  std::string log_path_;
  off_t log_begin_;  // where this process began to write; before it are earlier runs
};

}  // namespace adares::client
