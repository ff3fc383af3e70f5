// Reading `axes:`, and finding what was read. Private to core/sweepfile.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/sweepfile/node_reader.h"
#include "core/sweepfile/sweep_document.h"

namespace adares {

// Fills axes, in file order.
absl::Status ReadAxes(const YamlNode& node, const NodeReader& reader, SweepDocument& document);

std::vector<std::string> AxisNames(const SweepDocument& document);

// An axis that something else names, at `place`.
absl::StatusOr<const Axis*> FindAxis(const std::string& name, const Place& place,
                                     const NodeReader& reader, const SweepDocument& document);

// A value that must be one of the axis' values.
absl::StatusOr<std::string> ReadAxisValue(const Axis& axis, const YamlNode& node,
                                          const NodeReader& reader);

}  // namespace adares
