// Axes, and what refers to them by name and value.
#include "core/sweepfile/axis_reader.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/near_miss.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

constexpr size_t kMaxAxes = 16;
constexpr size_t kMaxExcludeRules = 1000;  // each is held against every cell

bool IsAxisName(std::string_view name) {
  constexpr size_t kLongestName = 63;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= kLongestName && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

// The canonical text of a value that an axis or a rule gives to a field.
absl::StatusOr<std::string> CanonicalValue(const TrialSpecField& field, const YamlNode& node,
                                           const NodeReader& reader) {
  ADARES_RETURN_IF_ERROR(reader.CheckScalar(node, field.path));
  TrialSpec scratch;
  const absl::Status status = field.set(scratch, {node.text, node.quoted});
  if (!status.ok()) return reader.errors().At(node.place, std::string(status.message()));
  return field.text(scratch);
}

absl::StatusOr<const TrialSpecField*> ReadPath(const YamlNode& node, const std::string& what,
                                               const NodeReader& reader) {
  ADARES_RETURN_IF_ERROR(reader.CheckScalar(node, what));
  if (node.text == kSeedPath) {
    return reader.errors().At(node.place,
                              "an axis cannot vary the seed; list seeds in replicates.seeds");
  }
  if (const TrialSpecField* field = FindTrialSpecField(node.text)) return field;
  return reader.errors().At(node.place, UnknownPathMessage(node.text));
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
  ADARES_ASSIGN_OR_RETURN(const YamlNode* path, reader.Require(node, what, "path"));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* values, reader.Require(node, what, "values"));
  ADARES_ASSIGN_OR_RETURN(const TrialSpecField* field, ReadPath(*path, what + ".path", reader));
  ADARES_RETURN_IF_ERROR(reader.CheckList(*values, what + ".values"));
  AxisDocument axis;
  axis.axis.name = key.text;
  axis.axis.path = field->path;
  std::set<std::string> seen;
  for (const YamlNode& value : values->children) {
    ADARES_ASSIGN_OR_RETURN(const std::string text, CanonicalValue(*field, value, reader));
    if (!seen.insert(text).second) {
      return reader.errors().At(value.place, absl::StrCat("axis ", key.text, " has the value ",
                                                          text, " twice; remove one of them"));
    }
    axis.axis.values.push_back(text);
    axis.value_places.push_back(value.place);
  }
  return axis;
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

// A value that must be one of the axis' values.
absl::StatusOr<std::string> ReadAxisValue(const Axis& axis, const YamlNode& node,
                                          const NodeReader& reader) {
  ADARES_ASSIGN_OR_RETURN(const std::string text,
                          CanonicalValue(*FindTrialSpecField(axis.path), node, reader));
  if (std::find(axis.values.begin(), axis.values.end(), text) != axis.values.end()) return text;
  return reader.errors().At(node.place, absl::StrCat("axis ", axis.name, " has no value ", text,
                                                     DidYouMean(text, axis.values)));
}

absl::Status ReadProduct(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckList(node, "design.product"));
  std::vector<AxisDocument> ordered;
  std::set<std::string> seen;
  for (const YamlNode& element : node.children) {
    ADARES_RETURN_IF_ERROR(reader.CheckScalar(element, "design.product"));
    ADARES_ASSIGN_OR_RETURN(const Axis* axis,
                            FindAxis(element.text, element.place, reader, document));
    if (!seen.insert(axis->name).second) {
      return reader.errors().At(
          element.place, absl::StrCat("axis ", axis->name, " stands twice in design.product"));
    }
    for (const AxisDocument& candidate : document.axes) {
      if (candidate.axis.name == axis->name) ordered.push_back(candidate);
    }
  }
  for (const std::string& name : AxisNames(document)) {
    if (seen.count(name) > 0) continue;
    return reader.errors().At(node.place,
                              absl::StrCat("axis ", name,
                                           " does not stand in "
                                           "design.product; add it, or remove the axis"));
  }
  document.axes = std::move(ordered);
  return absl::OkStatus();
}

absl::StatusOr<ExcludeRule> ReadRule(const YamlNode& node, const NodeReader& reader,
                                     const SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, "a rule of design.exclude"));
  ExcludeRule rule;
  rule.place = node.place;
  if (node.keys.empty()) {
    return reader.errors().At(node.place, "a rule of design.exclude names at least one axis");
  }
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    const YamlNode& value = node.children[i];
    ADARES_ASSIGN_OR_RETURN(const Axis* axis, FindAxis(key.text, key.place, reader, document));
    std::vector<std::string>& values = rule.values[axis->name];
    if (value.kind != YamlNode::Kind::kList) {
      ADARES_ASSIGN_OR_RETURN(const std::string text, ReadAxisValue(*axis, value, reader));
      values.push_back(text);
      continue;
    }
    ADARES_RETURN_IF_ERROR(
        reader.CheckList(value, absl::StrCat("the exclude list of axis ", axis->name)));
    for (const YamlNode& element : value.children) {
      ADARES_ASSIGN_OR_RETURN(const std::string text, ReadAxisValue(*axis, element, reader));
      if (std::find(values.begin(), values.end(), text) != values.end()) {
        return reader.errors().At(element.place, absl::StrCat("the rule has the value ", text,
                                                              " twice; remove one of them"));
      }
      values.push_back(text);
    }
  }
  return rule;
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
      if (other.axis.path != axis.axis.path) continue;
      return reader.errors().At(Find(node.children[i], "path")->place,
                                absl::StrCat("axes ", other.axis.name, " and ", axis.axis.name,
                                             " both set ", axis.axis.path, "; remove one of them"));
    }
    document.axes.push_back(std::move(axis));
  }
  return absl::OkStatus();
}

absl::Status ReadDesign(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, "design", {"product", "exclude"}));
  if (const YamlNode* product = Find(node, "product")) {
    ADARES_RETURN_IF_ERROR(ReadProduct(*product, reader, document));
  }
  const YamlNode* exclude = Find(node, "exclude");
  if (exclude == nullptr) return absl::OkStatus();
  ADARES_RETURN_IF_ERROR(reader.CheckList(*exclude, "design.exclude"));
  if (exclude->children.size() > kMaxExcludeRules) {
    return reader.errors().At(exclude->place,
                              absl::StrCat("at most ", kMaxExcludeRules, " rules are allowed"));
  }
  for (const YamlNode& element : exclude->children) {
    ADARES_ASSIGN_OR_RETURN(ExcludeRule rule, ReadRule(element, reader, document));
    document.exclude.push_back(std::move(rule));
  }
  return absl::OkStatus();
}

absl::Status ReadCompare(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, "compare", {"baseline"}));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* baseline, reader.Require(node, "compare", "baseline"));
  ADARES_RETURN_IF_ERROR(reader.CheckMap(*baseline, "compare.baseline"));
  if (baseline->keys.empty()) {
    return reader.errors().At(baseline->place, "compare.baseline names at least one axis");
  }
  document.baseline_place = baseline->place;
  for (size_t i = 0; i < baseline->keys.size(); ++i) {
    const YamlKey& key = baseline->keys[i];
    ADARES_ASSIGN_OR_RETURN(const Axis* axis, FindAxis(key.text, key.place, reader, document));
    ADARES_ASSIGN_OR_RETURN(document.baseline[axis->name],
                            ReadAxisValue(*axis, baseline->children[i], reader));
  }
  return absl::OkStatus();
}

}  // namespace adares
