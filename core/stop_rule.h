// A rule by which trials stop early: what is worse or better than that is known well enough.
// Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/measurement.h"

namespace adares {

// A trial stops once the metric has crossed a target.
struct StopRule {
  enum class Side { kBelow, kAbove };
  std::string metric;
  Side side = Side::kAbove;
  double target = 0;
  int64_t after_epoch = 0;  // points of earlier epochs do not count
  bool operator==(const StopRule&) const = default;
};

// NaN reaches nothing.
bool IsReached(const StopRule& rule, const MetricPoint& point);

// Why a trial stops, for people: "stopped early: validation/accuracy was 0.96 in epoch 4, above
// 0.95".
std::string WhyStopped(const StopRule& rule, const MetricPoint& point);

// One JSON object; equal text means equal rule. DATA_LOSS for what ToText does not write.
std::string ToText(const StopRule& rule);
absl::StatusOr<StopRule> ParseStopRule(std::string_view text);

}  // namespace adares
