// Product, exclude rules and baseline: what refers to axes by name and value.
#include "core/sweepfile/design_reader.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/sweepfile/axis_reader.h"

namespace adares {
namespace {

constexpr size_t kMaxExcludeRules = 1000;  // each is held against every cell

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
