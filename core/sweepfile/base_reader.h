// Reading `base:` and the overrides of it. Private to core/sweepfile.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "core/sweepfile/node_reader.h"
#include "core/sweepfile/sweep_document.h"

namespace adares {

// Fills base from the value of the key `base`.
absl::Status ReadBase(const YamlNode& node, const NodeReader& reader, SweepDocument& document);

// Fills overrides; the axes must have been read.
absl::Status ReadOverrides(const std::vector<Override>& overrides, const SpecErrors& errors,
                           SweepDocument& document);

// A method says all that it is: nothing beside it may set a field that it sets, but for axes.
// `base`, the axes and the overrides must have been read.
absl::Status CheckMethods(const SpecErrors& errors, const SweepDocument& document);

}  // namespace adares
