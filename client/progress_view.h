// The live view of a sweep as lines of text, and the one-line account of each change. Thread-safe:
// pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/sweep_snapshot.h"
#include "core/timestamp.h"

namespace adares::client {

struct FrameStyle {
  int columns = 80;
  int rows = 24;
  bool color = false;
  bool unicode = false;
};

struct FrameTimes {
  Duration elapsed{0};
  std::optional<Duration> left;
};

// A header and one line for each running trial, none wider than `columns`, at most `rows` - 1
// lines. Lines that do not fit are counted in the last one.
std::vector<std::string> RenderFrame(const SweepSnapshot& snapshot, const FrameTimes& times,
                                     const FrameStyle& style);

// "[3/10] granularity=block seed 0: succeeded in 38s, test/accuracy 0.9873".
std::string DescribeChange(const TrialChange& change, const v1::Sweep& sweep);

// "mnist: running, 3 of 10 trials done, 2 running, 5 waiting".
std::string DescribeSweep(const v1::Sweep& sweep);

// "granularity=block seed 0".
std::string TrialLabel(const v1::Trial& trial);

}  // namespace adares::client
