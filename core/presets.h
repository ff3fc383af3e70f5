// Named parts of a configuration: methods of the literature and recipes of training. A name stands
// for what it sets; trials hold the settings, never the name. Thread-safe: constants.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace adares {

struct Preset {
  std::string name;
  std::string doc;                                            // one sentence, with its source
  std::vector<std::pair<std::string, std::string>> settings;  // paths of fields, canonical texts
};

// Where sweep files and `--set` name a preset, as if it were a field.
inline constexpr char kRecipePath[] = "recipe";
inline constexpr char kMethodPath[] = "model.method";

// What the weights of the residual sums are, in the order of docs/presets.md.
const std::vector<Preset>& MethodPresets();

// How to train, in the order of docs/presets.md.
const std::vector<Preset>& RecipePresets();

// Both paths.
const std::vector<std::string>& PresetPaths();

// The presets that a path names: nullptr for any other path.
const std::vector<Preset>* PresetsAt(std::string_view path);

// nullptr for a path or name that is not known.
const Preset* FindPreset(std::string_view path, std::string_view name);

}  // namespace adares
