// The sections of a sweep file that say how its trials are handed out: schedule, retries,
// resources, stop. Private to core/sweepfile.
#pragma once

#include "core/sweepfile/node_reader.h"
#include "core/sweepfile/sweep_document.h"

namespace adares {

absl::Status ReadSchedule(const YamlNode& node, const NodeReader& reader, SweepDocument& document);
absl::Status ReadRetries(const YamlNode& node, const NodeReader& reader, SweepDocument& document);
absl::Status ReadResources(const YamlNode& node, const NodeReader& reader, SweepDocument& document);
absl::Status ReadStop(const YamlNode& node, const NodeReader& reader, SweepDocument& document);

}  // namespace adares
