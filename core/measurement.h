// What a trial measures: scalar metrics and skip weights, both by step.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
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

// The skip weight at one site, and what it does there to the sum z = s * ipd + r * tfd of the skip
// path ipd and the residual path tfd. Sites that share a weight have equal values, coefficients and
// gradients. NaN is what is not known. docs/trainer.md has the formulas.
struct SkipWeightPoint {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  // torchvision's name of the block: "layer1.0"; "layer1.0.residual" for its second weight.
  std::string site;
  int64_t step = 0;   // optimizer steps done so far
  int64_t epoch = 0;  // whole epochs done at that step
  double value = 0;   // w after the step; the mean over channels
  // dL/d(raw parameter) of the last batch, the sum over channels; NaN where none was taken
  // (granularity none, frozen weights, step 0).
  double gradient = 0;
  double s = kUnknown;  // coefficients after the step; the means over channels
  double r = kUnknown;
  double gradient_snr =
      kUnknown;  // |mean| / SD of the raw parameter's gradient over the last steps
  // Of the last training batch, with the coefficients that it met; infinite where only s * ipd is
  // not 0, NaN where both terms are.
  double path_ratio = kUnknown;  // R: root mean square of s * ipd by that of r * tfd
  double skip_share = kUnknown;  // S: |s * ipd|^2 / (|s * ipd|^2 + |r * tfd|^2)
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
// The beginnings of keys that end with a stage, "layer1", or with "all"; docs/trainer.md.
inline constexpr char kGradientNorm[] = "gradient_norm/";
inline constexpr char kUpdateRatio[] = "update_ratio/";
}  // namespace metric

// The keys above, as a list: what a sweep's objective may name.
const std::vector<std::string>& ReportedMetrics();

// Which values of a metric are the better ones.
enum class Goal { kMaximize, kMinimize };

// What a key's ending says of it: less is better of a `loss` and of `seconds`, more of `accuracy`
// and of what is counted `per_second`; nothing of others.
std::optional<Goal> GoalOfMetric(std::string_view key);

// [a-z0-9_/.-]{1,128}
bool IsMetricKey(std::string_view text);

// [a-z0-9_.-]{1,128}
bool IsSiteName(std::string_view text);

}  // namespace adares
