// WorkerJudge remembers how attempts ended on each worker, and finds a worker on which trial after
// trial fails while others do well with trials of the same sweeps. Where a sweep fails everywhere
// it is the sweep, and a worker that does well with another one proves nothing.
//
// In memory only: a restart gives every worker a fresh start. Not thread-safe. Memory is bounded:
// workers that are not connected are forgotten first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/records.h"

namespace adares {

class WorkerJudge {
 public:
  // So many failures in a row, with trials as different as that, set a worker aside.
  static constexpr size_t kFailuresInARow = 5;
  static constexpr size_t kFailedTrials = 3;
  // Names come and go: of so many it is remembered how they did.
  static constexpr size_t kRememberedWorkers = 1'000;

  struct Ending {
    int64_t sweep_row = 0;
    int64_t trial_row = 0;
    EndReason reason = EndReason::kFinished;
    Timestamp at;
  };

  // Whether an end says something against the machine. Divergence lies with the configuration, and
  // a trial that takes too long with its sweep.
  static bool IsFailure(EndReason reason);

  explicit WorkerJudge(std::function<bool(const std::string& worker)> is_connected)
      : is_connected_(std::move(is_connected)) {}

  // All trials that a worker lost at one time are one failure: it was away once.
  void Note(const std::string& worker, const Ending& ending);

  // Whether it has finished a trial of the sweep and has not failed since.
  bool HasSucceededIn(const std::string& worker, int64_t sweep_row) const;

  // Why the worker should be set aside; nullopt where it should not. `do_others_well` tells of a
  // sweep whether another worker shows that its trials can be trained.
  std::optional<std::string> FindFault(
      const std::string& worker,
      const std::function<bool(int64_t sweep_row)>& do_others_well) const;

  // Gives the worker a fresh start.
  void Forget(const std::string& worker) { histories_.erase(worker); }

  size_t remembered() const { return histories_.size(); }

 private:
  using SweepAndTrial = std::pair<int64_t, int64_t>;
  struct Failure {
    Timestamp at;
    EndReason reason = EndReason::kError;
    std::set<SweepAndTrial> trials;
  };
  struct History {
    std::deque<Failure> failures;          // since the last success, oldest first
    std::deque<int64_t> succeeded_sweeps;  // since the last failure, the newest
  };

  History& HistoryOf(const std::string& worker);

  const std::function<bool(const std::string&)> is_connected_;
  std::map<std::string, History> histories_;  // by worker
};

}  // namespace adares
