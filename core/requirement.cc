#include "core/requirement.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/lack.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "nlohmann/json.hpp"

namespace adares {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMebibyte = 1 << 20;

absl::Status Unreadable(std::string_view what, std::string_view text) {
  return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                   absl::StrCat("not ", std::string(what), ": ", Quoted(text)));
}

Json ToJson(const Resources& resources) {
  Json json = Json::object();
  if (!resources.device.empty()) json["device"] = resources.device;
  if (resources.memory_bytes > 0) json["memory_bytes"] = resources.memory_bytes;
  if (!resources.labels.empty()) json["labels"] = resources.labels;
  return json;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Reads with `read`, whose exceptions say that the text has another form.
template <typename T, typename Read>
absl::StatusOr<T> ParseJson(std::string_view what, std::string_view text, Read read) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Unreadable(what, text);
  try {
    return read(json);
  } catch (const Json::exception&) {
    return Unreadable(what, text);
  }
}

// The first label that the machine does not have so; nullptr where it has all.
const std::pair<const std::string, std::string>* FindMissingLabel(const Resources& wanted,
                                                                  const Capability& capability) {
  for (const auto& label : wanted.labels) {
    const auto found = capability.labels.find(label.first);
    if (found == capability.labels.end() || found->second != label.second) return &label;
  }
  return nullptr;
}

}  // namespace

std::string DatasetOf(const TrialSpec& spec) {
  if (spec.data.dataset == Dataset::kSynthetic) return "";
  std::string name(Name(spec.data.dataset));
  if (spec.data.dataset == Dataset::kFolder) absl::StrAppend(&name, "/", spec.data.folder);
  return name;
}

Requirement RequirementOf(const Resources& resources, const TrialSpec& spec) {
  Requirement requirement{resources, DatasetOf(spec), {}};
  if (spec.train.precision == Precision::kTf32) requirement.resources.device = "cuda";
  return requirement;
}

std::optional<Lack> FindLack(const Requirement& requirement, const Capability& capability) {
  if (!requirement.unreadable.empty()) return Lack::kUnreadable;
  const Resources& wanted = requirement.resources;
  if (!wanted.device.empty() && wanted.device != capability.device) return Lack::kDevice;
  if (capability.memory_bytes > 0 && wanted.memory_bytes > capability.memory_bytes) {
    return Lack::kMemory;
  }
  if (FindMissingLabel(wanted, capability) != nullptr) return Lack::kLabel;
  if (!requirement.dataset.empty() && capability.datasets &&
      !capability.datasets->contains(requirement.dataset)) {
    return Lack::kDataset;
  }
  return std::nullopt;
}

std::optional<std::string> WhyUnfit(const Requirement& requirement, const Capability& capability) {
  const std::optional<Lack> lack = FindLack(requirement, capability);
  if (!lack) return std::nullopt;
  const Resources& wanted = requirement.resources;
  switch (*lack) {
    case Lack::kUnreadable:
      return absl::StrCat("what it needs cannot be read: ", requirement.unreadable);
    case Lack::kDevice:
      return absl::StrCat("needs device ", wanted.device);
    case Lack::kMemory:
      return absl::StrCat("needs ", (wanted.memory_bytes + kMebibyte - 1) / kMebibyte,
                          " MiB of memory");
    case Lack::kLabel: {
      const auto& [key, value] = *FindMissingLabel(wanted, capability);
      return absl::StrCat("needs a worker labelled ", key, "=", value);
    }
    case Lack::kDataset:
      return absl::StrCat("needs data set ", requirement.dataset);
  }
  return std::nullopt;
}

std::string ToText(const Requirement& requirement) {
  Json json = ToJson(requirement.resources);
  if (!requirement.dataset.empty()) json["dataset"] = requirement.dataset;
  return Dump(json);
}

absl::StatusOr<Requirement> ParseRequirement(std::string_view text) {
  return ParseJson<Requirement>("a requirement", text, [](const Json& json) {
    Requirement requirement;
    requirement.resources.device = json.value("device", "");
    requirement.resources.memory_bytes = json.value("memory_bytes", int64_t{0});
    requirement.resources.labels = json.value("labels", std::map<std::string, std::string>());
    requirement.dataset = json.value("dataset", "");
    return requirement;
  });
}

std::string ToText(const Capability& capability) {
  Json json = ToJson(Resources{capability.device, capability.memory_bytes, capability.labels});
  if (capability.datasets) json["datasets"] = *capability.datasets;
  return Dump(json);
}

absl::StatusOr<Capability> ParseCapability(std::string_view text) {
  return ParseJson<Capability>("a capability", text, [](const Json& json) {
    Capability capability;
    capability.device = json.value("device", "");
    capability.memory_bytes = json.value("memory_bytes", int64_t{0});
    capability.labels = json.value("labels", std::map<std::string, std::string>());
    if (json.contains("datasets")) {
      capability.datasets = json.at("datasets").get<std::set<std::string>>();
    }
    return capability;
  });
}

}  // namespace adares
