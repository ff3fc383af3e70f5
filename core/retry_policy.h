// Whether and when a trial is tried again after an attempt of it ended without a result. Each end
// reason has a budget and a backoff of its own: what is likely to happen again is tried less often
// than what lies with the machine. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "core/timestamp.h"
#include "core/trial_state.h"

namespace adares {

struct RetryRule {
  int budget = 0;           // ends of this reason that another attempt follows; kUnlimitedRetries
  Duration first_delay{0};  // before the next attempt; doubles with each further end
  Duration longest_delay{0};
};

inline constexpr int kUnlimitedRetries = -1;
// What a sweep file may ask for at most.
inline constexpr int kMaxRetries = 1000;

// Budgets that a sweep sets for itself, by reason.
using RetryBudgets = std::map<EndReason, int>;

// The rule that holds without a word of the sweep's. Divergence and a lack of memory would come
// again with the same configuration and seed, so they are not tried again; errors are once, as the
// machine may be to blame; a lost worker four times, as a trial may be what takes machines down;
// giving a trial back is nobody's failure.
RetryRule DefaultRetryRule(EndReason reason);

// Whether a sweep may set the budget of this reason.
bool HasRetryBudget(EndReason reason);

// How long to wait before the next attempt; nullopt where there is none. `ended` is how many
// attempts of the trial ended for this reason since a person last asked for them, this one included
// (>= 1). `salt` spreads trials that failed together over up to a quarter of the delay more; equal
// arguments give equal delays.
std::optional<Duration> DelayBeforeRetry(const RetryBudgets& budgets, EndReason reason, int ended,
                                         uint64_t salt);

}  // namespace adares
