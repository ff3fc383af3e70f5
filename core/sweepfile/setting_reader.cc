// A walk over the file's maps, led by the table of fields.
#include "core/sweepfile/setting_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/presets.h"
#include "core/status.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

std::vector<std::string> NamesOf(const std::vector<Preset>& presets) {
  std::vector<std::string> names;
  for (const Preset& preset : presets) names.push_back(preset.name);
  return names;
}

absl::StatusOr<std::string> PresetName(const std::string& path, const std::string& text) {
  if (FindPreset(path, text) != nullptr) return text;
  return UnknownWordError(path, NamesOf(*PresetsAt(path)), text);
}

class SettingsReader {
 public:
  SettingsReader(const std::string& what, const NodeReader& reader)
      : what_(what), reader_(reader) {}

  absl::Status ReadGroup(const YamlNode& node, const std::string& group) {
    ADARES_RETURN_IF_ERROR(reader_.CheckMap(node, group.empty() ? what_ : group));
    for (size_t i = 0; i < node.keys.size(); ++i) {
      ADARES_RETURN_IF_ERROR(ReadEntry(node.keys[i], node.children[i], group));
    }
    return absl::OkStatus();
  }

  std::vector<Setting> Take() { return std::move(settings_); }

 private:
  absl::Status ReadEntry(const YamlKey& key, const YamlNode& value, const std::string& group) {
    const std::string path = group.empty() ? key.text : absl::StrCat(group, ".", key.text);
    if (path == kSeedPath) return reader_.errors().At(key.place, kSeedMessage);
    // Nested keys are the one spelling, so that no field can be there twice.
    if (IsSettingPath(path) && key.text.find('.') == std::string::npos) {
      ADARES_ASSIGN_OR_RETURN(settings_.emplace_back(), ReadSetting(path, value, reader_));
      return absl::OkStatus();
    }
    if (!IsTrialSpecKey(group, key.text)) {
      return reader_.errors().At(key.place, UnknownKeyMessage(group, key.text, PresetPaths()));
    }
    return ReadGroup(value, path);
  }

  const std::string& what_;
  const NodeReader& reader_;
  std::vector<Setting> settings_;
};

}  // namespace

bool IsSettingPath(std::string_view path) {
  if (path == kSeedPath) return false;
  return PresetsAt(path) != nullptr || FindTrialSpecField(path) != nullptr;
}

absl::StatusOr<std::string> CanonicalText(const std::string& path, const std::string& text,
                                          bool quoted) {
  if (PresetsAt(path) != nullptr) return PresetName(path, text);
  const TrialSpecField& field = *FindTrialSpecField(path);
  TrialSpec scratch;
  ADARES_RETURN_IF_ERROR(field.set(scratch, {text, quoted}));
  return field.text(scratch);
}

absl::StatusOr<Setting> ReadSetting(const std::string& path, const YamlNode& node,
                                    const NodeReader& reader) {
  ADARES_RETURN_IF_ERROR(reader.CheckScalar(node, path));
  const absl::StatusOr<std::string> text = CanonicalText(path, node.text, node.quoted);
  if (!text.ok()) return reader.errors().At(node.place, std::string(text.status().message()));
  return Setting{path, *text, node.place};
}

absl::StatusOr<std::vector<Setting>> ReadSettings(const YamlNode& node, const std::string& what,
                                                  const NodeReader& reader) {
  SettingsReader settings(what, reader);
  ADARES_RETURN_IF_ERROR(settings.ReadGroup(node, ""));
  return settings.Take();
}

const Setting* FindSetting(const std::vector<Setting>& settings, std::string_view path,
                           bool through_presets) {
  for (const Setting& setting : settings) {
    if (setting.path == path) return &setting;
    const Preset* preset = through_presets ? FindPreset(setting.path, setting.text) : nullptr;
    if (preset == nullptr) continue;
    const auto sets = [&](const auto& entry) { return entry.first == path; };
    if (std::any_of(preset->settings.begin(), preset->settings.end(), sets)) return &setting;
  }
  return nullptr;
}

}  // namespace adares
