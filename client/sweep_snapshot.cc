// Compares each trial with what was known of it.
#include "client/sweep_snapshot.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/measurement.h"

namespace adares::client {
namespace {

using Kind = TrialChange::Kind;

// Changes with every epoch's values, unlike accuracies, which may repeat.
std::optional<double> EpochSeconds(const v1::Trial& trial) {
  const auto entry = trial.last_metrics().find(metric::kEpochSeconds);
  if (entry == trial.last_metrics().end()) return std::nullopt;
  return entry->second;
}

bool IsNewAttempt(const v1::Trial& before, const v1::Trial& after) {
  return after.state() == v1::Trial::STATE_RUNNING &&
         (before.state() != after.state() || before.attempt_count() != after.attempt_count());
}

std::optional<Kind> Difference(const v1::Trial& before, const v1::Trial& after) {
  if (IsNewAttempt(before, after)) return Kind::kStarted;
  const bool is_other_state = before.state() != after.state();
  switch (after.state()) {
    case v1::Trial::STATE_RUNNING:
      if (EpochSeconds(before) != EpochSeconds(after)) return Kind::kEpoch;
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
    case v1::Trial::STATE_PAUSED:
      if (is_other_state) return Kind::kPaused;
      break;
    case v1::Trial::STATE_STOPPED_EARLY:
      if (is_other_state) return Kind::kStoppedEarly;
      break;
    default:
      break;
  }
  return std::nullopt;
}

// One change for each kind of flag that `after` has and `before` has not.
std::vector<TrialChange> NewFlags(const v1::Trial& before, const v1::Trial& after) {
  std::vector<TrialChange> changes;
  for (const v1::Flag& flag : after.flags()) {
    const auto is_same = [&flag](const v1::Flag& known) {
      return known.kind() == flag.kind() && known.site() == flag.site() &&
             known.step() == flag.step();
    };
    if (std::any_of(before.flags().begin(), before.flags().end(), is_same)) continue;
    auto change = std::find_if(changes.begin(), changes.end(), [&flag](const TrialChange& known) {
      return known.flags[0].kind() == flag.kind();
    });
    if (change == changes.end()) {
      change = changes.insert(changes.end(), {Kind::kFlagged, after, {}});
    }
    change->flags.push_back(flag);
  }
  return changes;
}

// Whole epochs before the step in progress: one that ends with this very step may still be
// validated.
int64_t EpochsBefore(const v1::Progress& progress) {
  if (progress.total_epochs() <= 0 || progress.step() <= 0) return 0;
  return (progress.step() - 1) * progress.total_epochs() /
         std::max<int64_t>(1, progress.total_steps());
}

void Observe(const v1::Trial& trial, Timestamp now, WatchedTrial* watched) {
  const int64_t step = trial.progress().step();
  if (IsNewAttempt(watched->trial, trial) || step < watched->trial.progress().step()) {
    watched->first_step = step;
    watched->first_seen = now;
    watched->last_moved = now;
    watched->epochs_seen = EpochsBefore(trial.progress());
  } else if (step > watched->trial.progress().step()) {
    watched->last_moved = now;
  }
  watched->trial = trial;
}

TrialChange CountEpoch(TrialChange change, WatchedTrial* watched) {
  v1::Progress* progress = change.trial.mutable_progress();
  watched->epochs_seen = std::max(watched->epochs_seen + 1, progress->epoch());
  progress->set_epoch(watched->epochs_seen);
  return change;
}

}  // namespace

bool IsFinal(const v1::Sweep& sweep) {
  return sweep.state() == v1::Sweep::STATE_SUCCEEDED || sweep.state() == v1::Sweep::STATE_FAILED ||
         sweep.state() == v1::Sweep::STATE_CANCELLED;
}

bool IsFinal(v1::Trial::State state) {
  return state == v1::Trial::STATE_SUCCEEDED || state == v1::Trial::STATE_FAILED ||
         state == v1::Trial::STATE_CANCELLED || state == v1::Trial::STATE_STOPPED_EARLY;
}

std::vector<TrialChange> Apply(const v1::WatchSweepResponse& response, Timestamp now,
                               SweepSnapshot* snapshot) {
  std::vector<TrialChange> changes;
  snapshot->sweep = response.sweep();
  for (const v1::Trial& trial : response.trials()) {
    const auto [entry, is_new] = snapshot->trials.try_emplace(trial.name());
    WatchedTrial& watched = entry->second;
    const auto kind = Difference(watched.trial, trial);
    std::vector<TrialChange> flagged = NewFlags(watched.trial, trial);
    Observe(trial, now, &watched);
    if (is_new) continue;
    for (TrialChange& change : flagged) changes.push_back(std::move(change));
    if (!kind) continue;
    TrialChange change = {*kind, trial};
    changes.push_back(*kind == Kind::kEpoch ? CountEpoch(std::move(change), &watched) : change);
  }
  return changes;
}

int64_t DoneCount(const v1::Sweep& sweep) {
  const v1::TrialCounts& counts = sweep.trial_counts();
  return counts.succeeded() + counts.failed() + counts.cancelled() + counts.stopped_early();
}

int64_t TrialCount(const v1::Sweep& sweep) {
  const v1::TrialCounts& counts = sweep.trial_counts();
  return DoneCount(sweep) + counts.queued() + counts.running() + counts.paused() +
         counts.stopping();
}

}  // namespace adares::client
