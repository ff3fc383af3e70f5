// Rules between the fields of `model.skip`, and between them and the training. Private to core.
// Thread-safe: a pure function.
#pragma once

#include <optional>

#include "core/trial_spec_fields.h"

namespace adares {

// The first of them that is broken. Besides what cannot be, it refuses values that would do
// nothing: two variants that train alike would look like two results.
std::optional<TrialSpecConflict> FindSkipConflict(const TrialSpec& spec);

}  // namespace adares
