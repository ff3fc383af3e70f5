// A load that finishes each attempt as soon as it is assigned.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "bench/fleet/simulated_worker.h"

namespace adares::bench {

// An attempt is one message: its beginning, one value for each of `keys` (see FinalValue), its end.
class CompletingLoad : public Load {
 public:
  explicit CompletingLoad(std::vector<std::string> keys);

  void Assigned(SimulatedWorker& worker, const AttemptId& id) override;
  void Ended(SimulatedWorker& worker, const AttemptId& id) override;

  // Attempts whose end is durable.
  size_t completed() const { return completed_; }
  // Assignments of an attempt that had been assigned before, to whatever worker.
  size_t given_twice() const { return given_twice_; }

 private:
  const std::vector<std::string> keys_;
  const std::string start_;
  const std::string finished_;
  std::set<AttemptId> given_;
  size_t given_twice_ = 0;
  size_t completed_ = 0;
};

}  // namespace adares::bench
