// Shows a sweep's progress: on a live terminal a block that is redrawn in place, with what ended
// above it in the scroll-back; elsewhere one line for each change. Not thread-safe.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "client/sweep_snapshot.h"
#include "core/timestamp.h"

namespace adares::client {

class ProgressDisplay {
 public:
  struct Options {
    std::FILE* stream = stderr;
    bool is_live = false;
    bool color = false;
    bool unicode = false;
    bool quiet = false;  // shows nothing at all
  };
  explicit ProgressDisplay(const Options& options) : options_(options) {}
  // Leaves the block on the screen as it was drawn last.
  ~ProgressDisplay() = default;
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  bool is_live() const { return options_.is_live && !options_.quiet; }

  // What is counted as elapsed begins here.
  void Start(Timestamp now) { started_at_ = now; }

  void Update(const SweepSnapshot& snapshot, const std::vector<TrialChange>& changes,
              Timestamp now);

  // A line about the watching itself.
  void Note(const std::string& line);

  // Takes the block away, so that other text may follow.
  void Clear();

 private:
  void Write(const std::string& text);

  Options options_;
  Timestamp started_at_;
  size_t lines_on_screen_ = 0;
};

}  // namespace adares::client
