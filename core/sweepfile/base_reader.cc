// The base configuration: a walk over the file's maps, led by the table of fields.
#include "core/sweepfile/base_reader.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

constexpr std::string_view kSeedMessage =
    "seeds are not part of the configuration; list them in replicates.seeds";

absl::Status ReadGroup(const YamlNode& node, const std::string& group, const NodeReader& reader,
                       SweepDocument& document);

absl::Status ReadEntry(const YamlKey& key, const YamlNode& value, const std::string& group,
                       const NodeReader& reader, SweepDocument& document) {
  const std::string path = group.empty() ? key.text : absl::StrCat(group, ".", key.text);
  if (path == kSeedPath) return reader.errors().At(key.place, kSeedMessage);
  if (!IsTrialSpecKey(group, key.text)) {
    return reader.errors().At(key.place, UnknownKeyMessage(group, key.text));
  }
  if (const TrialSpecField* field = FindTrialSpecField(path)) {
    ADARES_RETURN_IF_ERROR(reader.CheckScalar(value, path));
    const absl::Status status = field->set(document.base, {value.text, value.quoted});
    if (!status.ok()) return reader.errors().At(value.place, std::string(status.message()));
    document.set_places[path] = value.place;
    return absl::OkStatus();
  }
  return ReadGroup(value, path, reader, document);
}

absl::Status ReadGroup(const YamlNode& node, const std::string& group, const NodeReader& reader,
                       SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, group.empty() ? "base" : group));
  for (size_t i = 0; i < node.keys.size(); ++i) {
    ADARES_RETURN_IF_ERROR(ReadEntry(node.keys[i], node.children[i], group, reader, document));
  }
  return absl::OkStatus();
}

absl::Status CheckOverride(const Override& override_, const SpecErrors& errors,
                           const SweepDocument& document) {
  if (override_.path == kSeedPath) return errors.Of(override_, kSeedMessage);
  if (FindTrialSpecField(override_.path) == nullptr) {
    return errors.Of(override_, UnknownPathMessage(override_.path));
  }
  for (const AxisDocument& axis : document.axes) {
    if (axis.axis.path != override_.path) continue;
    return errors.Of(override_, absl::StrCat("the axis ", axis.axis.name,
                                             " gives this field its values; change the axis in the "
                                             "file"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadBase(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  return ReadGroup(node, "", reader, document);
}

absl::Status ApplyOverrides(const std::vector<Override>& overrides, const SpecErrors& errors,
                            SweepDocument& document) {
  std::set<std::string> seen;
  for (const Override& override_ : overrides) {
    ADARES_RETURN_IF_ERROR(CheckOverride(override_, errors, document));
    if (!seen.insert(override_.path).second) {
      return errors.Of(override_, "the field is set twice; keep one of the settings");
    }
    const TrialSpecField* field = FindTrialSpecField(override_.path);
    const absl::Status status = field->set(document.base, {override_.value, false});
    if (!status.ok()) return errors.Of(override_, std::string(status.message()));
  }
  document.overrides = overrides;
  return absl::OkStatus();
}

}  // namespace adares
