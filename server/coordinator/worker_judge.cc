#include "server/coordinator/worker_judge.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

constexpr size_t kFailuresKept = 20;
constexpr size_t kTrialsOfFailureKept = 20;
constexpr size_t kSweepsKept = 20;

}  // namespace

bool WorkerJudge::IsFailure(EndReason reason) {
  return reason == EndReason::kError || reason == EndReason::kOutOfMemory ||
         reason == EndReason::kWorkerLost;
}

void WorkerJudge::Note(const std::string& worker, const Ending& ending) {
  const bool succeeded = ending.reason == EndReason::kFinished;
  if (!succeeded && !IsFailure(ending.reason)) return;
  History& history = HistoryOf(worker);
  if (succeeded) {
    history.failures.clear();
    std::erase(history.succeeded_sweeps, ending.sweep_row);
    history.succeeded_sweeps.push_back(ending.sweep_row);
    if (history.succeeded_sweeps.size() > kSweepsKept) history.succeeded_sweeps.pop_front();
    return;
  }
  history.succeeded_sweeps.clear();
  std::deque<Failure>& failures = history.failures;
  const bool goes_on = ending.reason == EndReason::kWorkerLost && !failures.empty() &&
                       failures.back().reason == EndReason::kWorkerLost &&
                       failures.back().at == ending.at;
  if (!goes_on) failures.push_back({ending.at, ending.reason, {}});
  if (failures.size() > kFailuresKept) failures.pop_front();
  std::set<SweepAndTrial>& trials = failures.back().trials;
  if (trials.size() < kTrialsOfFailureKept) trials.emplace(ending.sweep_row, ending.trial_row);
}

bool WorkerJudge::HasSucceededIn(const std::string& worker, int64_t sweep_row) const {
  const auto history = histories_.find(worker);
  if (history == histories_.end()) return false;
  const std::deque<int64_t>& sweeps = history->second.succeeded_sweeps;
  return std::find(sweeps.begin(), sweeps.end(), sweep_row) != sweeps.end();
}

std::optional<std::string> WorkerJudge::FindFault(
    const std::string& worker, const std::function<bool(int64_t sweep_row)>& do_others_well) const {
  const auto history = histories_.find(worker);
  if (history == histories_.end()) return std::nullopt;
  const std::deque<Failure>& failures = history->second.failures;
  if (failures.size() < kFailuresInARow) return std::nullopt;

  std::map<int64_t, bool> known;
  const auto is_trainable = [&](int64_t sweep_row) {
    const auto [entry, is_new] = known.emplace(sweep_row, false);
    if (is_new) entry->second = do_others_well(sweep_row);
    return entry->second;
  };
  size_t count = 0;
  std::set<SweepAndTrial> trials;
  for (const Failure& failure : failures) {
    bool counts = false;
    for (const SweepAndTrial& trial : failure.trials) {
      if (!is_trainable(trial.first)) continue;
      counts = true;
      trials.insert(trial);
    }
    if (counts) ++count;
  }
  if (count < kFailuresInARow || trials.size() < kFailedTrials) return std::nullopt;
  return absl::StrCat(count, " failures with ", trials.size(),
                      " trials in a row, while other workers do well with their sweeps; the last: ",
                      std::string(Name(failures.back().reason)));
}

// Of those that are not connected at most so many are remembered.
WorkerJudge::History& WorkerJudge::HistoryOf(const std::string& worker) {
  const auto known = histories_.find(worker);
  if (known != histories_.end()) return known->second;
  if (histories_.size() >= kRememberedWorkers) {
    const auto gone = std::find_if(histories_.begin(), histories_.end(), [this](const auto& entry) {
      return !is_connected_(entry.first);
    });
    if (gone != histories_.end()) histories_.erase(gone);
  }
  return histories_[worker];
}

}  // namespace adares
