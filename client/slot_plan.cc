// A container with two CPUs on a machine of 64 must not start 64 trials.
#include "client/slot_plan.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

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

int CoresFromCpuMax(const std::string& text) {
  std::istringstream stream(text);
  int64_t quota = 0;
  int64_t period = 0;
  if (!(stream >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return static_cast<int>((quota + period - 1) / period);
}

int AvailableCores() {
  const int by_affinity = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string text;
  std::getline(file, text);
  const int by_cgroup = CoresFromCpuMax(text);
  return by_cgroup > 0 ? std::min(by_affinity, by_cgroup) : by_affinity;
}

}  // namespace adares::client
