// Which signals ask for an end once more. Not thread-safe.
#pragma once

#include <chrono>

namespace adares {

// Whoever ends programs often sends a signal twice: GNU timeout to its child and to the group of
// both, the kernel once for each thread of a parent that died. That is one request, no impatience.
class StopSignals {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Shorter than a person takes to press a key again.
  static constexpr std::chrono::milliseconds kEchoes{250};

  // Whether the signal is a request of its own, not the echo of the one before.
  bool IsRequest(int signal, Time now) {
    const bool is_echo = signal == signal_ && now - requested_at_ < kEchoes;
    if (is_echo) return false;
    signal_ = signal;
    requested_at_ = now;
    return true;
  }

 private:
  int signal_ = 0;  // none
  Time requested_at_;
};

}  // namespace adares
