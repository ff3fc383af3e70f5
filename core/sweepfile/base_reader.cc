// The base configuration and what changes it from outside the file.
#include "core/sweepfile/base_reader.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/presets.h"
#include "core/status.h"
#include "core/sweepfile/setting_reader.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

absl::Status CheckOverride(const Override& override_, const SpecErrors& errors,
                           const SweepDocument& document) {
  if (override_.path == kSeedPath) {
    return errors.Of(override_, kSeedMessage);
  }
  if (!IsSettingPath(override_.path)) {
    return errors.Of(override_, UnknownPathMessage(override_.path, PresetPaths()));
  }
  for (const AxisDocument& axis : document.axes) {
    for (const std::vector<Setting>& settings : axis.settings) {
      if (FindSetting(settings, override_.path, false) == nullptr) continue;
      return errors.Of(override_, absl::StrCat("the axis ", axis.axis.name,
                                               " gives this field its values; change the axis in "
                                               "the file"));
    }
  }
  return absl::OkStatus();
}

// The methods that the sweep names, wherever it does.
std::vector<const Preset*> MethodsOf(const SweepDocument& document) {
  std::vector<const Preset*> methods;
  const auto add = [&](const std::vector<Setting>& settings) {
    if (const Setting* setting = FindSetting(settings, kMethodPath, false)) {
      methods.push_back(FindPreset(kMethodPath, setting->text));
    }
  };
  const bool is_replaced = FindSetting(document.override_base, kMethodPath, false) != nullptr;
  if (!is_replaced) add(document.base);
  add(document.override_base);
  for (const AxisDocument& axis : document.axes) {
    for (const std::vector<Setting>& settings : axis.settings) add(settings);
  }
  return methods;
}

std::string BesideMethod(const Preset& method, const std::string& path) {
  return absl::StrCat(kMethodPath, " ", method.name, " sets ", path,
                      ", so it cannot be set beside it; leave it out, vary it by an axis, or write "
                      "the fields of the method instead of its name");
}

// The first of the settings that the method has too.
const Setting* FirstShared(const std::vector<Setting>& settings, const Preset& method) {
  for (const auto& [path, text] : method.settings) {
    if (const Setting* found = FindSetting(settings, path, false)) return found;
  }
  return nullptr;
}

}  // namespace

absl::Status ReadBase(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_ASSIGN_OR_RETURN(document.base, ReadSettings(node, "base", reader));
  return absl::OkStatus();
}

absl::Status ReadOverrides(const std::vector<Override>& overrides, const SpecErrors& errors,
                           SweepDocument& document) {
  std::set<std::string> seen;
  for (const Override& override_ : overrides) {
    ADARES_RETURN_IF_ERROR(CheckOverride(override_, errors, document));
    if (!seen.insert(override_.path).second) {
      return errors.Of(override_, "the field is set twice; keep one of the settings");
    }
    const auto text = CanonicalText(override_.path, override_.value, false);
    if (!text.ok()) return errors.Of(override_, std::string(text.status().message()));
    document.override_base.push_back({override_.path, *text, {}});
  }
  document.overrides = overrides;
  return absl::OkStatus();
}

absl::Status CheckMethods(const SpecErrors& errors, const SweepDocument& document) {
  for (const Preset* method : MethodsOf(document)) {
    if (const Setting* found = FirstShared(document.base, *method)) {
      return errors.At(found->place, BesideMethod(*method, found->path));
    }
    if (const Setting* found = FirstShared(document.override_base, *method)) {
      const auto index = static_cast<size_t>(found - document.override_base.data());
      return errors.Of(document.overrides[index], BesideMethod(*method, found->path));
    }
  }
  for (const AxisDocument& axis : document.axes) {
    for (const std::vector<Setting>& settings : axis.settings) {
      const Setting* named = FindSetting(settings, kMethodPath, false);
      if (named == nullptr) continue;
      const Preset& method = *FindPreset(kMethodPath, named->text);
      const Setting* found = FirstShared(settings, method);
      if (found != nullptr) return errors.At(found->place, BesideMethod(method, found->path));
    }
  }
  return absl::OkStatus();
}

}  // namespace adares
