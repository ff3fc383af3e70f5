// How a sweep's trials are handed out, and when they stop: nothing of it changes what a trial
// computes until then.
#pragma once

#include <optional>
#include <string_view>

#include "core/requirement.h"
#include "core/retry_policy.h"
#include "core/stop_rule.h"
#include "core/timestamp.h"

namespace adares {

enum class TrialOrder {
  kSeedMajor,     // every variant has one result before any has two
  kVariantMajor,  // a variant has all its results before the next begins
};

struct Schedule {
  int priority = 50;     // 0..100, higher first
  int max_parallel = 0;  // trials that run at a time; 0: any number
  TrialOrder order = TrialOrder::kSeedMajor;
  Duration timeout{0};  // of one attempt; 0: none
  RetryBudgets retries;
  Resources resources;
  std::optional<StopRule> stop = std::nullopt;
  // Why a part of a stored one could not be read, of which a newer program may be the cause:
  // nothing of the sweep is started then. Otherwise empty.
  std::string unreadable = {};
  bool operator==(const Schedule&) const = default;
};

inline constexpr int kMaxPriority = 100;
inline constexpr int kMaxParallelLimit = 1'000'000;

// "seed-major", "variant-major".
std::string_view Name(TrialOrder order);
std::optional<TrialOrder> ParseTrialOrder(std::string_view name);

}  // namespace adares
