// Resource names: `sweeps/{sweep}`, `sweeps/{sweep}/trials/{trial}`, `workers/{worker}`. The only
// place that prints and reads them. Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace adares {

struct TrialName {
  std::string sweep;  // an id, or "-" for any
  std::string trial;  // 12 hex digits
  bool operator==(const TrialName&) const = default;
};

std::string SweepResource(std::string_view sweep);
std::string TrialResource(std::string_view sweep, std::string_view trial);
std::string WorkerResource(std::string_view worker);

// Each returns INVALID_ARGUMENT (ARGUMENT_INVALID) with the form that was expected of the field.
absl::StatusOr<std::string> ParseSweepResource(std::string_view name,
                                               std::string_view field = "name");
absl::StatusOr<TrialName> ParseTrialResource(std::string_view name,
                                             std::string_view field = "name");
absl::StatusOr<std::string> ParseWorkerResource(std::string_view name,
                                                std::string_view field = "name");

}  // namespace adares
