// Rows and the log line of an epoch.
#include "worker/trainer/epoch_report.h"

#include "absl/strings/str_format.h"

namespace adares {

const char* NameOf(EvaluatedPart part) {
  return part == EvaluatedPart::kTest ? "test" : "validation";
}

std::vector<MetricPoint> EpochPoints(const EpochReport& report) {
  const auto point = [&](const char* key, double value) {
    return MetricPoint{key, report.step, report.epoch, value};
  };
  const bool test = report.part == EvaluatedPart::kTest;
  return {point(metric::kTrainLoss, report.train.loss()),
          point(metric::kTrainAccuracy, report.train.accuracy()),
          point(test ? metric::kTestLoss : metric::kValidationLoss, report.evaluation.loss()),
          point(test ? metric::kTestAccuracy : metric::kValidationAccuracy,
                report.evaluation.accuracy()),
          point(metric::kLearningRate, report.learning_rate),
          point(metric::kEpochSeconds, report.epoch_seconds),
          point(metric::kImagesPerSecond, report.ImagesPerSecond())};
}

std::vector<MetricPoint> TestPoints(const ExampleMeans& test, int64_t step, int64_t epoch) {
  return {{metric::kTestLoss, step, epoch, test.loss()},
          {metric::kTestAccuracy, step, epoch, test.accuracy()}};
}

std::string EpochLine(const EpochReport& report, int64_t total_epochs) {
  return absl::StrFormat(
      "epoch %d/%d: train loss %.4f accuracy %.2f %%, %s loss %.4f accuracy %.2f %%, lr %.3g, "
      "%.1f s, %.0f images/s",
      report.epoch, total_epochs, report.train.loss(), 100 * report.train.accuracy(),
      NameOf(report.part), report.evaluation.loss(), 100 * report.evaluation.accuracy(),
      report.learning_rate, report.epoch_seconds, report.ImagesPerSecond());
}

}  // namespace adares
