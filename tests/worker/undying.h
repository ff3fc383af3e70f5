// A process that does not die.
#pragma once

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace adares::worker {

// While this lives, a process that is killed is not over for its parent: a tracer, which never asks
// for its end, is told first. So a trainer looks that waits in the kernel for a device that hangs.
class Undying {
 public:
  // Whether also one that does not allow it. Scripted trainers do.
  static bool MayBeAny() {
    std::ifstream file("/proc/sys/kernel/yama/ptrace_scope");
    int scope = 0;
    return !(file >> scope) || scope == 0 || geteuid() == 0;
  }

  explicit Undying(pid_t process) {
    int seized[2];
    if (pipe(seized) != 0) throw std::runtime_error("no pipe");
    tracer_ = fork();
    if (tracer_ == 0) Trace(process, seized[1]);
    close(seized[1]);
    char done = 0;
    const bool traces = read(seized[0], &done, 1) == 1;
    close(seized[0]);
    if (!traces) throw std::runtime_error("a process may not be traced here");
  }
  ~Undying() { Release(); }
  Undying(const Undying&) = delete;
  Undying& operator=(const Undying&) = delete;

  // From now on it may be over.
  void Release() {
    if (tracer_ <= 0) return;
    kill(tracer_, SIGKILL);
    waitpid(std::exchange(tracer_, 0), nullptr, 0);
  }

 private:
  [[noreturn]] static void Trace(pid_t process, int seized) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (ptrace(PTRACE_SEIZE, process, nullptr, nullptr) != 0) _exit(1);
    if (write(seized, "!", 1) != 1) _exit(1);
    while (true) pause();
  }

  pid_t tracer_ = 0;
};

}  // namespace adares::worker
