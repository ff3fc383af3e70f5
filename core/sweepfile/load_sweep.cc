// LoadSweep: text, tree, document, plan, digest.
#include <string>

#include "core/sha256.h"
#include "core/status.h"
#include "core/sweep_spec.h"
#include "core/sweepfile/expansion.h"
#include "core/sweepfile/source_text.h"
#include "core/sweepfile/sweep_reader.h"
#include "core/sweepfile/yaml_tree.h"
#include "nlohmann/json.hpp"

namespace adares {
namespace {

// All but title, labels and schedule, which change neither what is run nor how it is compared.
std::string Digest(const SweepPlan& plan) {
  nlohmann::json content = {
      {"name", plan.name},
      {"objective",
       {{"metric", plan.objective.metric}, {"maximize", plan.objective.goal == Goal::kMaximize}}},
      {"baseline", plan.baseline},
      {"seeds", plan.seeds},
      {"axes", nlohmann::json::array()},
      {"variants", nlohmann::json::array()},
  };
  for (const Axis& axis : plan.axes) {
    content["axes"].push_back({axis.name, axis.path, axis.values});
  }
  for (const Variant& variant : plan.variants) {
    content["variants"].push_back(CanonicalVariantJson(variant.spec));
  }
  // Not where there is none: sweeps without one keep the digest that they always had.
  if (plan.schedule.stop) content["stop"] = ToText(*plan.schedule.stop);
  return Sha256Hex(content.dump());
}

}  // namespace

absl::StatusOr<SweepPlan> LoadSweep(std::string_view text, std::string_view origin,
                                    const std::vector<Override>& overrides) {
  const SpecErrors errors(origin);
  ADARES_ASSIGN_OR_RETURN(const std::string_view source, CheckSourceText(text, errors));
  ADARES_ASSIGN_OR_RETURN(const YamlNode root, ReadYamlTree(source, errors));
  ADARES_ASSIGN_OR_RETURN(const SweepDocument document, ReadSweepDocument(root, overrides, errors));
  ADARES_ASSIGN_OR_RETURN(SweepPlan plan, ExpandSweep(document, errors));
  plan.digest = Digest(plan);
  return plan;
}

}  // namespace adares
