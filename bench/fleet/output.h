// What a run leaves: text for people, JSON for programs. Thread-safe: functions of their arguments.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "bench/fleet/measurements.h"

namespace adares::bench {

struct Result {
  std::string scenario;
  std::string command;  // as it was called
  std::map<std::string, std::string> machine;
  Outcome outcome;
};

// To standard output.
void Print(const Result& result);

// Figures that are no numbers are left out: JSON has no word for them.
absl::Status WriteJson(const Result& result, const std::string& path);

}  // namespace adares::bench
