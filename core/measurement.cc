// The syntax of metric keys and site names.
#include "core/measurement.h"

#include <algorithm>

namespace adares {
namespace {

constexpr size_t kLongestName = 128;

bool IsLowerAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsNameOf(std::string_view text, std::string_view punctuation) {
  if (text.empty() || text.size() > kLongestName) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return IsLowerAlphanumeric(c) || punctuation.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool IsMetricKey(std::string_view text) { return IsNameOf(text, "_/.-"); }

bool IsSiteName(std::string_view text) { return IsNameOf(text, "_.-"); }

std::optional<Goal> GoalOfMetric(std::string_view key) {
  if (key.ends_with("loss") || key.ends_with("seconds")) return Goal::kMinimize;
  if (key.ends_with("accuracy") || key.ends_with("per_second")) return Goal::kMaximize;
  return std::nullopt;
}

const std::vector<std::string>& ReportedMetrics() {
  static const auto& keys = *new std::vector<std::string>{
      metric::kTrainLoss,          metric::kTrainAccuracy, metric::kValidationLoss,
      metric::kValidationAccuracy, metric::kTestLoss,      metric::kTestAccuracy,
      metric::kLearningRate,       metric::kEpochSeconds,  metric::kImagesPerSecond,
  };
  return keys;
}

}  // namespace adares
