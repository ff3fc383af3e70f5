// The scripted trainer's side of the line protocol.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/trainer_protocol.h"

namespace adares::fakes {

// End of file on standard input ends the process at once with code 0, wherever it is noticed.
class Stage {
 public:
  explicit Stage(int events_fd) : events_fd_(events_fd) {}

  void Say(const trainer_protocol::Event& event) { Say(Encode(event) + "\n"); }
  // Anything, for what no event says. Waits while the pipe is full.
  void Say(const std::string& bytes);

  // Waits for the next trial.
  trainer_protocol::TrainCommand NextTrial();

  // Waits, while it takes commands. Whether a stop was asked for, now or before, in this trial.
  bool Wait(std::chrono::milliseconds time);

  // Takes commands for ever.
  [[noreturn]] void WaitForEndOfFile();

 private:
  void TakeInput(int timeout_ms);

  const int events_fd_;
  std::string unread_;
  std::optional<trainer_protocol::TrainCommand> trial_;
  bool stop_ = false;
};

}  // namespace adares::fakes
