// The sweeps that a torture test submits, again and again under new names.
#pragma once

#include <string>

#include "tests/torture/fleet.h"

namespace adares::torture {

// The file of a sweep for workers with this trainer. Sweeps that differ in their names only have
// trials of the same ids, and must have the same results.
std::string SweepFile(Trainer trainer, const std::string& name);

}  // namespace adares::torture
