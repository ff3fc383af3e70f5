// What the trainer beside this program trains on.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/signals.h"

namespace adares::client {

// Whether this machine has one loaded.
bool HasNvidiaDriver();

// "cpu" or "cuda", for `wanted` cpu, cuda or auto. A driver alone is no device, so the trainer is
// asked where there is one. FAILED_PRECONDITION with its words where it has no such device;
// CANCELLED after an interrupt.
absl::StatusOr<std::string> DeviceOfTrainer(const std::string& wanted, Signals& signals);

}  // namespace adares::client
