// Axes of one path, and axes whose values are named settings.
#include "core/sweepfile/axis_reader.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/near_miss.h"
#include "core/presets.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "core/sweepfile/setting_reader.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

constexpr size_t kMaxAxes = 16;
constexpr size_t kLongestName = 63;

bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsAxisName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && IsLetter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '-'; });
}

bool IsValueName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         (IsLetter(name.front()) || IsDigit(name.front())) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '_' || c == '-' || c == '.';
         });
}

absl::StatusOr<std::string> ReadPath(const YamlNode& node, const std::string& what,
                                     const NodeReader& reader) {
  ADARES_RETURN_IF_ERROR(reader.CheckScalar(node, what));
  if (node.text == kSeedPath) {
    return reader.errors().At(node.place,
                              "an axis cannot vary the seed; list seeds in replicates.seeds");
  }
  if (IsSettingPath(node.text)) return node.text;
  return reader.errors().At(node.place, UnknownPathMessage(node.text, PresetPaths()));
}

// Values of a field, or names of presets.
absl::Status ReadListedValues(const YamlNode& node, const NodeReader& reader, AxisDocument& axis) {
  ADARES_RETURN_IF_ERROR(reader.CheckList(node, absl::StrCat("axes.", axis.axis.name, ".values")));
  std::set<std::string> seen;
  for (const YamlNode& value : node.children) {
    ADARES_ASSIGN_OR_RETURN(Setting setting, ReadSetting(axis.axis.path, value, reader));
    if (!seen.insert(setting.text).second) {
      return reader.errors().At(
          value.place, absl::StrCat("axis ", axis.axis.name, " has the value ", setting.text,
                                    " twice; remove one of them"));
    }
    axis.axis.values.push_back(setting.text);
    axis.value_places.push_back(value.place);
    axis.settings.push_back({std::move(setting)});
  }
  return absl::OkStatus();
}

// Names with the settings that each stands for.
absl::Status ReadNamedValues(const YamlNode& node, const NodeReader& reader, AxisDocument& axis) {
  const std::string what = absl::StrCat("axes.", axis.axis.name, ".values");
  if (node.kind == YamlNode::Kind::kList) {
    return reader.errors().At(
        node.place, absl::StrCat(what,
                                 " is a list, which needs a path beside it; without a path, "
                                 "write a map from names to settings"));
  }
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, what));
  if (node.keys.empty()) {
    return reader.errors().At(node.place, absl::StrCat(what, " names at least one value"));
  }
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    if (!IsValueName(key.text)) {
      return reader.errors().At(
          key.place,
          absl::StrCat("a value cannot be called ", Quoted(key.text),
                       "; write up to 63 of a-z, 0-9, _, - and ., a letter or digit first"));
    }
    ADARES_ASSIGN_OR_RETURN(
        axis.settings.emplace_back(),
        ReadSettings(node.children[i], absl::StrCat(what, ".", key.text), reader));
    axis.axis.values.push_back(key.text);
    axis.value_places.push_back(key.place);
  }
  return absl::OkStatus();
}

absl::StatusOr<AxisDocument> ReadAxis(const YamlKey& key, const YamlNode& node,
                                      const NodeReader& reader) {
  const std::string what = absl::StrCat("axes.", key.text);
  if (!IsAxisName(key.text)) {
    return reader.errors().At(
        key.place, absl::StrCat("an axis cannot be called ", Quoted(key.text),
                                "; write up to 63 of a-z, 0-9, _ and -, a letter first"));
  }
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, what, {"path", "values"}));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* values, reader.Require(node, what, "values"));
  AxisDocument axis;
  axis.axis.name = key.text;
  const YamlNode* path = Find(node, "path");
  if (path == nullptr) {
    ADARES_RETURN_IF_ERROR(ReadNamedValues(*values, reader, axis));
    return axis;
  }
  ADARES_ASSIGN_OR_RETURN(axis.axis.path, ReadPath(*path, what + ".path", reader));
  ADARES_RETURN_IF_ERROR(ReadListedValues(*values, reader, axis));
  return axis;
}

// The place of the first value of `axis` that sets a path which `other` sets too; that path in
// `path`.
const Setting* FirstShared(const AxisDocument& axis, const AxisDocument& other) {
  for (const std::vector<Setting>& settings : axis.settings) {
    for (const Setting& setting : settings) {
      for (const std::vector<Setting>& others : other.settings) {
        if (FindSetting(others, setting.path, false) != nullptr) return &setting;
      }
    }
  }
  return nullptr;
}

}  // namespace

absl::Status ReadAxes(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, "axes"));
  if (node.keys.size() > kMaxAxes) {
    return reader.errors().At(node.keys[kMaxAxes].place,
                              absl::StrCat("a sweep has at most ", kMaxAxes, " axes"));
  }
  for (size_t i = 0; i < node.keys.size(); ++i) {
    ADARES_ASSIGN_OR_RETURN(AxisDocument axis, ReadAxis(node.keys[i], node.children[i], reader));
    for (const AxisDocument& other : document.axes) {
      const Setting* shared = FirstShared(axis, other);
      if (shared == nullptr) continue;
      const YamlNode* path = Find(node.children[i], "path");
      return reader.errors().At(path != nullptr ? path->place : shared->place,
                                absl::StrCat("axes ", other.axis.name, " and ", axis.axis.name,
                                             " both set ", shared->path, "; remove one of them"));
    }
    document.axes.push_back(std::move(axis));
  }
  return absl::OkStatus();
}

std::vector<std::string> AxisNames(const SweepDocument& document) {
  std::vector<std::string> names;
  for (const AxisDocument& axis : document.axes) names.push_back(axis.axis.name);
  return names;
}

absl::StatusOr<const Axis*> FindAxis(const std::string& name, const Place& place,
                                     const NodeReader& reader, const SweepDocument& document) {
  for (const AxisDocument& axis : document.axes) {
    if (axis.axis.name == name) return &axis.axis;
  }
  const std::string message = absl::StrCat("there is no axis ", Quoted(name));
  if (document.axes.empty()) return reader.errors().At(place, message + "; the sweep has no axes");
  return reader.errors().At(place, message + DidYouMean(name, AxisNames(document)));
}

absl::StatusOr<std::string> ReadAxisValue(const Axis& axis, const YamlNode& node,
                                          const NodeReader& reader) {
  std::string text = node.text;
  if (axis.path.empty()) {
    ADARES_RETURN_IF_ERROR(reader.CheckScalar(node, absl::StrCat("axis ", axis.name)));
  } else {
    ADARES_ASSIGN_OR_RETURN(const Setting setting, ReadSetting(axis.path, node, reader));
    text = setting.text;
  }
  if (std::find(axis.values.begin(), axis.values.end(), text) != axis.values.end()) return text;
  return reader.errors().At(node.place, absl::StrCat("axis ", axis.name, " has no value ", text,
                                                     DidYouMean(text, axis.values)));
}

}  // namespace adares
