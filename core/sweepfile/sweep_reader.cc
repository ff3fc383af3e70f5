// The top level of a sweep file and its small sections; base_reader.cc, axis_reader.cc,
// design_reader.cc and schedule_reader.cc read the others.
#include "core/sweepfile/sweep_reader.h"

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/measurement.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "core/sweepfile/axis_reader.h"
#include "core/sweepfile/base_reader.h"
#include "core/sweepfile/design_reader.h"
#include "core/sweepfile/label_map.h"
#include "core/sweepfile/node_reader.h"
#include "core/sweepfile/schedule_reader.h"

namespace adares {
namespace {

constexpr char kApiVersion[] = "adares/v1";
constexpr size_t kLongestTitle = 200;

const std::vector<std::string>& TopKeys() {
  static const auto& keys = *new std::vector<std::string>{
      "apiVersion", "kind",    "name",       "title",    "labels",  "objective", "base", "axes",
      "design",     "compare", "replicates", "schedule", "retries", "resources", "stop"};
  return keys;
}

// Whose file this is comes first: keys that another version knows are not typing errors.
absl::Status CheckVersion(const YamlNode& root, const NodeReader& reader) {
  ADARES_ASSIGN_OR_RETURN(const YamlNode* version,
                          reader.Require(root, "the sweep file", "apiVersion"));
  ADARES_RETURN_IF_ERROR(reader.CheckScalar(*version, "apiVersion"));
  if (version->text == kApiVersion) return absl::OkStatus();
  return reader.errors().At(version->place,
                            absl::StrCat("apiVersion ", Quoted(version->text),
                                         " is not known here; this build reads ", kApiVersion));
}

std::string BadNameMessage(const std::string& name) {
  return absl::StrCat("a sweep cannot be called ", Quoted(name),
                      "; write up to 63 of a-z, 0-9 and -, a letter first, no - last");
}

absl::Status ReadName(const YamlNode& root, const NodeReader& reader, SweepDocument& document) {
  ADARES_ASSIGN_OR_RETURN(const YamlNode* node, reader.Require(root, "the sweep file", "name"));
  ADARES_RETURN_IF_ERROR(reader.CheckScalar(*node, "name"));
  if (!IsSweepName(node->text)) {
    return reader.errors().At(node->place, BadNameMessage(node->text));
  }
  document.name = node->text;
  return absl::OkStatus();
}

// The overrides without that of the name, which the document takes.
absl::StatusOr<std::vector<Override>> TakeName(const std::vector<Override>& overrides,
                                               const SpecErrors& errors, SweepDocument& document) {
  std::vector<Override> others;
  bool is_named = false;
  for (const Override& override_ : overrides) {
    if (override_.path != kSweepNamePath) {
      others.push_back(override_);
      continue;
    }
    if (is_named) return errors.Of(override_, "the name is set twice; keep one of them");
    if (!IsSweepName(override_.value)) return errors.Of(override_, BadNameMessage(override_.value));
    document.name = override_.value;
    is_named = true;
  }
  return others;
}

absl::Status ReadLabels(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_ASSIGN_OR_RETURN(document.labels, ReadLabelMap(node, reader, "labels", "a sweep"));
  return absl::OkStatus();
}

absl::Status ReadObjective(const YamlNode& node, const NodeReader& reader,
                           SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, "objective", {"metric", "goal"}));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* metric, reader.Require(node, "objective", "metric"));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* goal, reader.Require(node, "objective", "goal"));
  ADARES_ASSIGN_OR_RETURN(document.objective.metric,
                          reader.ReadWord(*metric, "objective.metric", ReportedMetrics()));
  document.objective_place = metric->place;
  const absl::StatusOr<std::string> word =
      reader.ReadWord(*goal, "objective.goal", {"maximize", "minimize"});
  if (!word.ok()) return word.status();
  document.objective.goal = *word == "maximize" ? Goal::kMaximize : Goal::kMinimize;
  return absl::OkStatus();
}

absl::Status ReadReplicates(const YamlNode& node, const NodeReader& reader,
                            SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, "replicates", {"seeds"}));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* seeds, reader.Require(node, "replicates", "seeds"));
  ADARES_RETURN_IF_ERROR(reader.CheckList(*seeds, "replicates.seeds"));
  document.seeds_place = seeds->place;
  std::set<int64_t> seen;
  for (const YamlNode& element : seeds->children) {
    ADARES_ASSIGN_OR_RETURN(
        const int64_t seed,
        reader.ReadInteger(element, "replicates.seeds", 0, std::numeric_limits<int64_t>::max()));
    if (!seen.insert(seed).second) {
      return reader.errors().At(
          element.place, absl::StrCat("the seed ", seed, " is there twice; remove one of them"));
    }
    document.seeds.push_back(seed);
  }
  return absl::OkStatus();
}

absl::Status ReadOptionalSections(const YamlNode& root, const NodeReader& reader,
                                  SweepDocument& document) {
  struct Section {
    const char* key;
    absl::Status (*read)(const YamlNode&, const NodeReader&, SweepDocument&);
  };
  // design and compare refer to the axes, which must come first.
  constexpr Section kSections[] = {
      {"labels", ReadLabels},     {"objective", ReadObjective}, {"base", ReadBase},
      {"axes", ReadAxes},         {"design", ReadDesign},       {"compare", ReadCompare},
      {"schedule", ReadSchedule}, {"retries", ReadRetries},     {"resources", ReadResources},
      {"stop", ReadStop},
  };
  for (const Section& section : kSections) {
    const YamlNode* node = Find(root, section.key);
    if (node == nullptr) continue;
    ADARES_RETURN_IF_ERROR(section.read(*node, reader, document));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SweepDocument> ReadSweepDocument(const YamlNode& root,
                                                const std::vector<Override>& overrides,
                                                const SpecErrors& errors) {
  const NodeReader reader(errors);
  SweepDocument document;
  if (root.kind == YamlNode::Kind::kNull) return errors.At({}, "the file is empty");
  ADARES_RETURN_IF_ERROR(reader.CheckMap(root, "the sweep file"));
  ADARES_RETURN_IF_ERROR(CheckVersion(root, reader));
  ADARES_RETURN_IF_ERROR(reader.CheckMap(root, "the sweep file", TopKeys()));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* kind, reader.Require(root, "the sweep file", "kind"));
  ADARES_RETURN_IF_ERROR(reader.ReadWord(*kind, "kind", {"Sweep"}).status());
  ADARES_RETURN_IF_ERROR(ReadName(root, reader, document));
  if (const YamlNode* title = Find(root, "title")) {
    ADARES_ASSIGN_OR_RETURN(document.title, reader.ReadText(*title, "title", kLongestTitle));
  }
  document.base_place = root.place;
  if (const YamlNode* base = Find(root, "base")) document.base_place = base->place;
  ADARES_RETURN_IF_ERROR(ReadOptionalSections(root, reader, document));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* replicates,
                          reader.Require(root, "the sweep file", "replicates"));
  ADARES_RETURN_IF_ERROR(ReadReplicates(*replicates, reader, document));
  ADARES_ASSIGN_OR_RETURN(const std::vector<Override> settings,
                          TakeName(overrides, errors, document));
  ADARES_RETURN_IF_ERROR(ReadOverrides(settings, errors, document));
  ADARES_RETURN_IF_ERROR(CheckMethods(errors, document));
  return document;
}

}  // namespace adares
