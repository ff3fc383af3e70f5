// Reading fields and presets, wherever a sweep file sets them. Private to core/sweepfile.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/sweepfile/node_reader.h"
#include "core/sweepfile/sweep_document.h"

namespace adares {

// Why the seed is no setting.
inline constexpr char kSeedMessage[] =
    "seeds are not part of the configuration; list them in replicates.seeds";

// Whether a sweep file may set the path: a field but the seed, or the path of presets.
bool IsSettingPath(std::string_view path);

// The canonical text of a value for the path, which IsSettingPath. The status of a failure has the
// cause alone, without a place.
absl::StatusOr<std::string> CanonicalText(const std::string& path, const std::string& text,
                                          bool quoted);

// One value.
absl::StatusOr<Setting> ReadSetting(const std::string& path, const YamlNode& node,
                                    const NodeReader& reader);

// Nested maps as `base` has them. `what` names the whole in messages.
absl::StatusOr<std::vector<Setting>> ReadSettings(const YamlNode& node, const std::string& what,
                                                  const NodeReader& reader);

// Whether the settings have the path. `through_presets`: or name a preset that sets it.
const Setting* FindSetting(const std::vector<Setting>& settings, std::string_view path,
                           bool through_presets);

}  // namespace adares
