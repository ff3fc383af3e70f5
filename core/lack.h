// What a machine lacks for a trial, as scheduling asks it: often, and without words. Thread-safe:
// pure functions.
#pragma once

#include <optional>

#include "core/requirement.h"

namespace adares {

enum class Lack { kUnreadable, kDevice, kMemory, kLabel, kDataset };

// The first thing that keeps the machine from training the trial; nullopt where nothing does. What
// the machine does not know of itself is no lack. WhyUnfit says the same in words.
std::optional<Lack> FindLack(const Requirement& requirement, const Capability& capability);

}  // namespace adares
