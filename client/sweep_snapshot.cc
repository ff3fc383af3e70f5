// Compares each trial with what was known of it.
#include "client/sweep_snapshot.h"

#include <optional>

namespace adares::client {
namespace {

using Kind = TrialChange::Kind;

std::optional<Kind> Difference(const v1::Trial& before, const v1::Trial& after) {
  const bool is_other_state = before.state() != after.state();
  switch (after.state()) {
    case v1::Trial::STATE_RUNNING:
      if (is_other_state || before.attempt_count() != after.attempt_count()) return Kind::kStarted;
      if (after.progress().epoch() > before.progress().epoch()) return Kind::kEpoch;
      break;
    case v1::Trial::STATE_QUEUED:
      if (before.attempt_count() > 0 && is_other_state) return Kind::kRequeued;
      break;
    case v1::Trial::STATE_SUCCEEDED:
      if (is_other_state) return Kind::kSucceeded;
      break;
    case v1::Trial::STATE_FAILED:
      if (is_other_state) return Kind::kFailed;
      break;
    case v1::Trial::STATE_CANCELLED:
      if (is_other_state) return Kind::kCancelled;
      break;
    default:
      break;
  }
  return std::nullopt;
}

void Observe(const v1::Trial& trial, Timestamp now, WatchedTrial* watched) {
  const int64_t step = trial.progress().step();
  const bool is_new_attempt = watched->first_seen == Timestamp() ||
                              watched->trial.attempt_count() != trial.attempt_count() ||
                              step < watched->trial.progress().step();
  if (trial.state() == v1::Trial::STATE_RUNNING && is_new_attempt) {
    watched->first_step = step;
    watched->first_seen = now;
    watched->last_moved = now;
  } else if (step > watched->trial.progress().step()) {
    watched->last_moved = now;
  }
  watched->trial = trial;
}

}  // namespace

bool IsFinal(const v1::Sweep& sweep) {
  return sweep.state() == v1::Sweep::STATE_SUCCEEDED || sweep.state() == v1::Sweep::STATE_FAILED ||
         sweep.state() == v1::Sweep::STATE_CANCELLED;
}

bool IsFinal(v1::Trial::State state) {
  return state == v1::Trial::STATE_SUCCEEDED || state == v1::Trial::STATE_FAILED ||
         state == v1::Trial::STATE_CANCELLED;
}

std::vector<TrialChange> Apply(const v1::WatchSweepResponse& response, Timestamp now,
                               SweepSnapshot* snapshot) {
  std::vector<TrialChange> changes;
  const bool is_first = snapshot->sweep.name().empty();
  snapshot->sweep = response.sweep();
  for (const v1::Trial& trial : response.trials()) {
    WatchedTrial& watched = snapshot->trials[trial.name()];
    const auto kind = Difference(watched.trial, trial);
    if (kind && !is_first) changes.push_back({*kind, trial});
    Observe(trial, now, &watched);
  }
  return changes;
}

int64_t DoneCount(const v1::Sweep& sweep) {
  const v1::TrialCounts& counts = sweep.trial_counts();
  return counts.succeeded() + counts.failed() + counts.cancelled();
}

int64_t TrialCount(const v1::Sweep& sweep) {
  const v1::TrialCounts& counts = sweep.trial_counts();
  return DoneCount(sweep) + counts.queued() + counts.running() + counts.stopping();
}

}  // namespace adares::client
