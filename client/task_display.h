// Shows what a long call is at: on a live terminal one line that is redrawn in place, elsewhere a
// line for each step. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "client/command_line.h"

namespace adares::client {

class TaskDisplay {
 public:
  using Clock = std::chrono::steady_clock;

  // On standard error; nothing at all with --quiet.
  explicit TaskDisplay(const GlobalOptions& options);

  // A new step begins: "copying". The same step again changes nothing.
  void Step(const std::string& step, Clock::time_point now);

  // How far the step is.
  void Update(int64_t done_bytes, int64_t total_bytes, Clock::time_point now);

  // What the step has come to, in words.
  void Update(const std::string& text, Clock::time_point now);

  // Takes the redrawn line away, so that other text may follow.
  void Clear();

 private:
  void Draw(const std::string& line);

  const bool is_live_;
  const bool quiet_;
  std::string step_;
  Clock::time_point began_at_;
  Clock::time_point drawn_at_;
  bool is_line_drawn_ = false;
};

}  // namespace adares::client
