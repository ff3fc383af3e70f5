// Two exponential means, corrected for their start at 0.
#include "worker/trainer/loss_watch.h"

#include <cmath>

#include "absl/strings/str_format.h"

namespace adares {
namespace {

constexpr double kShort = 0.9;
constexpr double kLong = 0.99;
constexpr int64_t kFirstSteps = 100;
constexpr double kTimes = 2;
constexpr double kAbove = 1;

double Corrected(double mean, double decay, int64_t steps) {
  return mean / (1 - std::pow(decay, static_cast<double>(steps)));
}

}  // namespace

double LossWatch::ShortMean() const { return Corrected(state_.short_mean, kShort, state_.steps); }

double LossWatch::LongMean() const { return Corrected(state_.long_mean, kLong, state_.long_steps); }

std::optional<bool> LossWatch::Add(double loss) {
  if (!std::isfinite(loss)) return std::nullopt;
  ++state_.steps;
  state_.short_mean = kShort * state_.short_mean + (1 - kShort) * loss;
  if (!state_.raised) {
    ++state_.long_steps;
    state_.long_mean = kLong * state_.long_mean + (1 - kLong) * loss;
  }
  const double limit = kTimes * LongMean() + kAbove;
  if (!state_.raised && state_.steps > kFirstSteps && ShortMean() > limit) {
    state_.raised = true;
    return true;
  }
  if (state_.raised && ShortMean() < (LongMean() + limit) / 2) {
    state_.raised = false;
    return false;
  }
  return std::nullopt;
}

std::string LossWatch::Describe() const {
  return absl::StrFormat(
      "the training loss is %.4g over the last 10 steps, and was %.4g over 100 before", ShortMean(),
      LongMean());
}

}  // namespace adares
