// Reading `base:` and applying overrides to it. Private to core/sweepfile.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "core/sweepfile/node_reader.h"
#include "core/sweepfile/sweep_document.h"

namespace adares {

// Fills base and set_places from the value of the key `base`.
absl::Status ReadBase(const YamlNode& node, const NodeReader& reader, SweepDocument& document);

// Applies overrides to the base; the axes must have been read.
absl::Status ApplyOverrides(const std::vector<Override>& overrides, const SpecErrors& errors,
                            SweepDocument& document);

}  // namespace adares
