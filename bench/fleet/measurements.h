// What a scenario measures: samples of durations, named figures, and what was found to be wrong.
// Not thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace adares::bench {

using Clock = std::chrono::steady_clock;

// Seconds between two instants, or since one.
double Seconds(Clock::duration duration);
double SecondsSince(Clock::time_point begin);

// Durations in seconds.
class Samples {
 public:
  void Add(double seconds) { seconds_.push_back(seconds); }
  size_t size() const { return seconds_.size(); }
  // The smallest sample that at least the share `q` (0..1) of all does not exceed; NaN without any.
  double Quantile(double q) const;

 private:
  std::vector<double> seconds_;
};

// A number with its unit at the end of its name: "claim_p50_ms".
struct Figure {
  std::string name;
  double value = 0;
};

// The result of a scenario.
struct Outcome {
  std::vector<Figure> figures;     // in the order in which they are shown
  std::vector<std::string> wrong;  // what the server must not do and did; empty is good

  void Add(std::string name, double value) { figures.push_back({std::move(name), value}); }
  // NAME_p50_ms and NAME_p99_ms.
  void AddQuantiles(const std::string& name, const Samples& samples);
  // The value of a figure that is there; NaN for another.
  double Get(const std::string& name) const;
};

// What a process has used so far.
struct ProcessUse {
  double cpu_seconds = 0;  // user and system, to 10 ms
  double rss_mib = 0;
  double peak_rss_mib = 0;
};

// NOT_FOUND where no such process runs.
absl::StatusOr<ProcessUse> UseOf(pid_t pid);

// The slope of `y` over `x` by least squares; 0 for fewer than two points.
double Slope(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace adares::bench
