// From the tree of a sweep file to a SweepDocument. Private to core/sweepfile.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "core/sweepfile/sweep_document.h"
#include "core/sweepfile/yaml_tree.h"

namespace adares {

absl::StatusOr<SweepDocument> ReadSweepDocument(const YamlNode& root,
                                                const std::vector<Override>& overrides,
                                                const SpecErrors& errors);

}  // namespace adares
