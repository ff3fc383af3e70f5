// Labels as sweep files write them: of the sweep itself, and of the workers that it wants. Private
// to core/sweepfile.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/sweepfile/node_reader.h"

namespace adares {

// Up to 32 names with text. `owner` is who has them, for messages: "a sweep".
absl::StatusOr<std::map<std::string, std::string>> ReadLabelMap(const YamlNode& node,
                                                                const NodeReader& reader,
                                                                std::string_view what,
                                                                std::string_view owner);

}  // namespace adares
