// What the user says stands; the rest follows from the cores.
#include "client/slot_plan.h"

#include <algorithm>

namespace adares::client {

SlotPlan PlanSlots(const SlotRequest& request) {
  const int cores = std::max(1, request.cores);
  const auto trials = static_cast<int>(std::clamp<int64_t>(request.trials, 1, 1024));
  SlotPlan plan;
  if (request.slots > 0) {
    plan.slots = request.slots;
  } else if (request.is_on_gpu) {
    plan.slots = 1;
  } else {
    plan.slots = std::clamp(cores / std::max(1, request.threads), 1, trials);
  }
  plan.threads = request.threads > 0 ? request.threads : std::max(1, cores / plan.slots);
  return plan;
}

}  // namespace adares::client
