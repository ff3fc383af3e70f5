// Scheduler decides whose trial a free slot gets: of the sweeps with the highest priority the one
// that has the fewest trials running, and of those the oldest. So sweeps of equal priority share
// the fleet evenly. It knows which sweeps may have waiting trials, not the trials: which of a
// sweep's trials is next, the store says, for its order goes across requirements. The cost of a
// pick grows with the number of open sweeps and of their different requirements, never with the
// length of the queue.
//
// Not thread-safe: part of the coordinator's memory, rebuilt from the store after a restart.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "core/requirement.h"
#include "core/schedule.h"
#include "server/store/trial_group.h"

namespace adares {

class Scheduler {
 public:
  // Makes a sweep known, or changes its schedule.
  void SetSweep(int64_t sweep, const Schedule& schedule);
  // nullptr where it is not known.
  const Schedule* FindSchedule(int64_t sweep) const;
  // Forgets a sweep that has no open trials any longer.
  void ForgetSweep(int64_t sweep);

  // Trials of the group may be ready to run. The sweep must be known.
  void MarkReady(const TrialGroup& group, const Requirement& requirement);
  // No trial of the group is ready, for certain.
  void MarkExhausted(const TrialGroup& group);
  // Whether no group is marked ready.
  bool idle() const { return order_.empty() && full_.empty(); }

  // An attempt of the sweep began or ended.
  void CountStart(int64_t sweep);
  void CountEnd(int64_t sweep);

  // The groups of the sweep that a slot of such a machine gets its next trial from, as far as the
  // machine can train them, those in `passed_over` left out; empty where there is none.
  std::vector<TrialGroup> Pick(const Capability& capability,
                               const std::set<TrialGroup>& passed_over) const;

 private:
  struct Sweep {
    Schedule schedule;
    int running = 0;
    std::map<int64_t, Requirement> ready;  // by the requirement's row
  };
  // The order of picks.
  struct Turn {
    int priority = 0;
    int running = 0;
    int64_t sweep = 0;
    std::strong_ordering operator<=>(const Turn& other) const;
    bool operator==(const Turn&) const = default;
  };

  static Turn TurnOf(int64_t row, const Sweep& sweep);
  // Nothing more of it may run.
  static bool IsFull(const Sweep& sweep);
  // Takes the sweep out of the order, changes it, and puts it back where it belongs.
  template <typename Change>
  void Update(int64_t row, Change change);

  std::map<int64_t, Sweep> sweeps_;
  std::set<Turn> order_;    // sweeps that are ready and may start another trial
  std::set<int64_t> full_;  // sweeps that are ready and run as many as they may
};

}  // namespace adares
