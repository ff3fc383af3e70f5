// How many trials run at a time on this machine, and with how many threads each. Thread-safe: a
// pure function.
#pragma once

#include <cstdint>

namespace adares::client {

struct SlotRequest {
  int slots = 0;    // as the user said; 0 where nothing was said
  int threads = 0;  // as the user said; 0 where nothing was said
  int cores = 1;
  int64_t trials = 1;      // that are still to run
  bool is_on_gpu = false;  // trials share a device rather than cores
};

struct SlotPlan {
  int slots = 1;
  int threads = 1;
};

// On a CPU as many one-thread trials as there are cores gives the most trials an hour; more threads
// only where there are fewer trials than cores. On a GPU one trial at a time has the whole device.
SlotPlan PlanSlots(const SlotRequest& request);

}  // namespace adares::client
