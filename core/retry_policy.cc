#include "core/retry_policy.h"

#include <algorithm>

namespace adares {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kMaxDoublings = 20;
constexpr uint64_t kJitterSteps = 1024;

// The finaliser of SplitMix64: neighbouring salts give unrelated numbers.
uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

}  // namespace

RetryRule DefaultRetryRule(EndReason reason) {
  switch (reason) {
    case EndReason::kError:
      return {1, seconds(5), minutes(5)};
    case EndReason::kWorkerLost:
      return {4, seconds(1), minutes(5)};
    case EndReason::kPreempted:
      return {kUnlimitedRetries, {}, {}};
    case EndReason::kOutOfMemory:
      return {0, seconds(30), minutes(10)};
    case EndReason::kDiverged:
    case EndReason::kTimeout:
      return {0, seconds(1), minutes(5)};
    case EndReason::kFinished:
    case EndReason::kCancelled:  // nobody had asked for it, or the trial would be stopping
      break;
  }
  return {};
}

bool HasRetryBudget(EndReason reason) {
  return reason != EndReason::kFinished && reason != EndReason::kCancelled &&
         reason != EndReason::kPreempted;
}

std::optional<Duration> DelayBeforeRetry(const RetryBudgets& budgets, EndReason reason, int ended,
                                         uint64_t salt) {
  RetryRule rule = DefaultRetryRule(reason);
  const auto own = budgets.find(reason);
  if (own != budgets.end() && HasRetryBudget(reason)) rule.budget = own->second;
  if (rule.budget != kUnlimitedRetries && ended > rule.budget) return std::nullopt;
  const int doublings = std::clamp(ended - 1, 0, kMaxDoublings);
  const Duration delay = std::min(rule.first_delay * (int64_t{1} << doublings), rule.longest_delay);
  const auto jitter = static_cast<int64_t>(Mix(salt) % kJitterSteps);
  return delay + delay / 4 * jitter / static_cast<int64_t>(kJitterSteps);
}

}  // namespace adares
