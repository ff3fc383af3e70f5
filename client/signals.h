// Signals as something to wait for. While an instance lives, SIGINT, SIGTERM, SIGHUP, SIGCHLD and
// SIGWINCH do nothing by themselves; they are asked for. Construct it before any other thread
// starts (so before a connection is opened), and only one at a time. Not thread-safe.
#pragma once

#include <signal.h>

#include <chrono>

#include "core/stop_signals.h"

namespace adares::client {

class Signals {
 public:
  // What came since the last question.
  struct Seen {
    bool interrupt = false;  // SIGINT, SIGTERM or SIGHUP: somebody wants an end
    bool child = false;      // SIGCHLD: a child process may have ended
  };

  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  Seen Take();

  // Waits for a signal, for `other_fd` (if not -1) to become readable, or for the time to pass;
  // a negative time waits without end.
  Seen Wait(std::chrono::milliseconds at_most, int other_fd = -1);

  // Waits until `fd` is readable; false where an interrupt came first, which is taken. That a child
  // has ended is kept for Take and Wait.
  bool AwaitReadable(int fd);

 private:
  int fd_;
  StopSignals requests_;
  bool has_child_ended_ = false;  // seen by AwaitReadable
  sigset_t before_;
};

}  // namespace adares::client
