#include "server/coordinator/scheduler.h"

#include <algorithm>

#include "core/lack.h"

namespace adares {

std::strong_ordering Scheduler::Turn::operator<=>(const Turn& other) const {
  if (const auto by_priority = other.priority <=> priority; by_priority != 0) return by_priority;
  if (const auto by_share = running <=> other.running; by_share != 0) return by_share;
  return sweep <=> other.sweep;
}

Scheduler::Turn Scheduler::TurnOf(int64_t row, const Sweep& sweep) {
  return {sweep.schedule.priority, sweep.running, row};
}

bool Scheduler::IsFull(const Sweep& sweep) {
  if (!sweep.schedule.unreadable.empty()) return true;
  return sweep.schedule.max_parallel > 0 && sweep.running >= sweep.schedule.max_parallel;
}

template <typename Change>
void Scheduler::Update(int64_t row, Change change) {
  Sweep& sweep = sweeps_[row];
  order_.erase(TurnOf(row, sweep));
  full_.erase(row);
  change(sweep);
  if (sweep.ready.empty()) return;
  if (IsFull(sweep)) {
    full_.insert(row);
  } else {
    order_.insert(TurnOf(row, sweep));
  }
}

void Scheduler::SetSweep(int64_t sweep, const Schedule& schedule) {
  Update(sweep, [&](Sweep& known) { known.schedule = schedule; });
}

const Schedule* Scheduler::FindSchedule(int64_t sweep) const {
  const auto it = sweeps_.find(sweep);
  return it == sweeps_.end() ? nullptr : &it->second.schedule;
}

void Scheduler::ForgetSweep(int64_t sweep) {
  Update(sweep, [](Sweep& known) { known.ready.clear(); });
  sweeps_.erase(sweep);
}

void Scheduler::MarkReady(const TrialGroup& group, const Requirement& requirement) {
  Update(group.sweep, [&](Sweep& sweep) { sweep.ready.emplace(group.requirement, requirement); });
}

void Scheduler::MarkExhausted(const TrialGroup& group) {
  Update(group.sweep, [&](Sweep& sweep) { sweep.ready.erase(group.requirement); });
}

void Scheduler::CountStart(int64_t sweep) {
  Update(sweep, [](Sweep& known) { ++known.running; });
}

void Scheduler::CountEnd(int64_t sweep) {
  Update(sweep, [](Sweep& known) { known.running = std::max(0, known.running - 1); });
}

std::vector<TrialGroup> Scheduler::Pick(const Capability& capability,
                                        const std::set<TrialGroup>& passed_over) const {
  std::vector<TrialGroup> groups;
  for (const Turn& turn : order_) {
    for (const auto& [row, requirement] : sweeps_.at(turn.sweep).ready) {
      const TrialGroup group{turn.sweep, row};
      if (!passed_over.contains(group) && !FindLack(requirement, capability)) {
        groups.push_back(group);
      }
    }
    if (!groups.empty()) break;
  }
  return groups;
}

}  // namespace adares
