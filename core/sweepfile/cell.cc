// Layers of settings, and the search for the one that broke a rule.
#include "core/sweepfile/cell.h"

#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "core/presets.h"
#include "core/sweepfile/setting_reader.h"

namespace adares {
namespace {

// Texts have been read once, so that a field refuses none of them.
void Set(TrialSpec& spec, const std::string& path, const std::string& text) {
  const absl::Status status = FindTrialSpecField(path)->set(spec, {text, false});
  if (!status.ok()) throw std::logic_error(std::string(status.message()));
}

// All settings of a cell, in the order in which they count.
std::vector<const Setting*> SettingsOfCell(const SweepDocument& document, const Cell& cell) {
  std::vector<const Setting*> all;
  const auto add = [&](const std::vector<Setting>& settings) {
    for (const Setting& setting : settings) all.push_back(&setting);
  };
  add(document.base);
  add(document.override_base);
  for (size_t i = 0; i < cell.size(); ++i) add(document.axes[i].settings[cell[i]]);
  return all;
}

}  // namespace

TrialSpec SpecOfCell(const SweepDocument& document, const Cell& cell) {
  const std::vector<const Setting*> settings = SettingsOfCell(document, cell);
  TrialSpec spec;
  for (const char* path : {kRecipePath, kMethodPath}) {
    const Preset* chosen = nullptr;
    for (const Setting* setting : settings) {
      if (setting->path == path) chosen = FindPreset(path, setting->text);
    }
    if (chosen == nullptr) continue;
    for (const auto& [field, text] : chosen->settings) Set(spec, field, text);
  }
  for (const Setting* setting : settings) {
    if (PresetsAt(setting->path) == nullptr) Set(spec, setting->path, setting->text);
  }
  return spec;
}

absl::Status CellError(const SweepDocument& document, const Cell& cell, const std::string& label,
                       const TrialSpecConflict& conflict, const SpecErrors& errors) {
  const std::string message =
      cell.empty() ? conflict.message : absl::StrCat(conflict.message, " (cell ", label, ")");
  for (const std::string& path : conflict.paths) {
    for (size_t i = 0; i < cell.size(); ++i) {
      const Setting* setting = FindSetting(document.axes[i].settings[cell[i]], path, true);
      if (setting != nullptr) return errors.At(setting->place, message);
    }
  }
  for (const std::string& path : conflict.paths) {
    const Setting* setting = FindSetting(document.override_base, path, true);
    if (setting == nullptr) continue;
    const auto index = static_cast<size_t>(setting - document.override_base.data());
    return errors.Of(document.overrides[index], message);
  }
  for (const std::string& path : conflict.paths) {
    const Setting* setting = FindSetting(document.base, path, true);
    if (setting != nullptr) return errors.At(setting->place, message);
  }
  return errors.At(document.base_place, message);
}

}  // namespace adares
