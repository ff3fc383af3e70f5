// Sums of an epoch and the rows that come of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/measurement.h"

namespace adares {

// Mean loss and share of right answers over the examples added so far.
class ExampleMeans {
 public:
  struct Sums {
    double loss = 0;
    int64_t correct = 0;
    int64_t examples = 0;
  };
  ExampleMeans() = default;
  explicit ExampleMeans(const Sums& sums) : sums_(sums) {}

  // `mean_loss` over `examples`, of which `correct` were right.
  void Add(double mean_loss, int64_t correct, int64_t examples) {
    sums_.loss += mean_loss * static_cast<double>(examples);
    sums_.correct += correct;
    sums_.examples += examples;
  }
  double loss() const { return sums_.loss / static_cast<double>(sums_.examples); }
  double accuracy() const {
    return static_cast<double>(sums_.correct) / static_cast<double>(sums_.examples);
  }
  int64_t examples() const { return sums_.examples; }
  // What Add goes on from.
  const Sums& sums() const { return sums_; }

 private:
  Sums sums_;
};

// What is evaluated after an epoch.
enum class EvaluatedPart {
  kHeldOut,  // of the training part: "validation"
  kTest,
};

// "validation" or "test".
const char* NameOf(EvaluatedPart part);

struct EpochReport {
  int64_t step = 0;   // steps done
  int64_t epoch = 0;  // epochs done
  ExampleMeans train;
  EvaluatedPart part = EvaluatedPart::kHeldOut;
  ExampleMeans evaluation;      // of `part`
  double learning_rate = 0;     // of the last step
  double training_seconds = 0;  // batches and steps
  double epoch_seconds = 0;     // with the evaluation
  double ImagesPerSecond() const {
    return static_cast<double>(train.examples()) / training_seconds;
  }
};

// The epoch's points, in a fixed order; those of the evaluation under the keys of its part.
std::vector<MetricPoint> EpochPoints(const EpochReport& report);

// test/loss and test/accuracy.
std::vector<MetricPoint> TestPoints(const ExampleMeans& test, int64_t step, int64_t epoch);

// One line for people.
std::string EpochLine(const EpochReport& report, int64_t total_epochs);

// Seconds since its construction or the last Restart.
class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  void Restart() { start_ = std::chrono::steady_clock::now(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace adares
