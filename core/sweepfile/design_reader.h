// Reading `design:` and `compare:`. Private to core/sweepfile.
#pragma once

#include "absl/status/status.h"
#include "core/sweepfile/node_reader.h"
#include "core/sweepfile/sweep_document.h"

namespace adares {

// Brings the axes into product order and fills exclude.
absl::Status ReadDesign(const YamlNode& node, const NodeReader& reader, SweepDocument& document);

// Fills baseline.
absl::Status ReadCompare(const YamlNode& node, const NodeReader& reader, SweepDocument& document);

}  // namespace adares
