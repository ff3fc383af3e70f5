// What a trial measures: scalar metrics and skip weights, both by step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace adares {

// One value of one metric. NaN and infinities are legal.
struct MetricPoint {
  std::string key;    // "train/loss", "validation/accuracy"; [a-z0-9_/.-]{1,128}
  int64_t step = 0;   // optimizer steps done so far, >= 0
  int64_t epoch = 0;  // whole epochs done at that step
  double value = 0;
};

// The skip weight at one site. Sites that share a weight have equal values and gradients.
struct SkipWeightPoint {
  std::string site;   // torchvision's name of the block: "layer1.0"
  int64_t step = 0;   // optimizer steps done so far
  int64_t epoch = 0;  // whole epochs done at that step
  double value = 0;   // w after the step; the mean over channels
  // dL/d(raw parameter) of the last batch, the sum over channels; NaN where none was taken
  // (granularity none, frozen weights, step 0).
  double gradient = 0;
};

// Metric keys that every trial reports.
namespace metric {
inline constexpr char kTrainLoss[] = "train/loss";
inline constexpr char kTrainAccuracy[] = "train/accuracy";
inline constexpr char kValidationLoss[] = "validation/loss";
inline constexpr char kValidationAccuracy[] = "validation/accuracy";
inline constexpr char kTestLoss[] = "test/loss";
inline constexpr char kTestAccuracy[] = "test/accuracy";
inline constexpr char kLearningRate[] = "train/lr";
inline constexpr char kEpochSeconds[] = "time/epoch_seconds";
inline constexpr char kImagesPerSecond[] = "time/images_per_second";
}  // namespace metric

// The keys above, as a list: what a sweep's objective may name.
const std::vector<std::string>& ReportedMetrics();

// Which values of a metric are the better ones.
enum class Goal { kMaximize, kMinimize };

// What a key's ending says of it: less is better of a `loss` and of `seconds`, more of all else.
Goal GoalOfMetric(std::string_view key);

// [a-z0-9_/.-]{1,128}
bool IsMetricKey(std::string_view text);

// [a-z0-9_.-]{1,128}
bool IsSiteName(std::string_view text);

}  // namespace adares
