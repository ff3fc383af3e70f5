// What a trial needs of the machine that trains it, and what a worker's machine has. Thread-safe:
// pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/trial_spec.h"

namespace adares {

// What a sweep file asks for under `resources`.
struct Resources {
  std::string device;                              // "cpu", "cuda", or empty: any
  int64_t memory_bytes = 0;                        // of the device, for one trial
  std::map<std::string, std::string> labels = {};  // that the worker must have
  bool operator==(const Resources&) const = default;
};

struct Requirement {
  Resources resources;
  std::string dataset;  // as workers name it; empty where none is read from files
  // Why it could not be read: no machine has it then. Otherwise empty.
  std::string unreadable = {};
  bool operator==(const Requirement&) const = default;
};

// What a worker says of its machine.
struct Capability {
  std::string device;        // "cpu" or "cuda"
  int64_t memory_bytes = 0;  // of the device, by slot; 0 where not known
  std::map<std::string, std::string> labels = {};
  std::optional<std::set<std::string>> datasets = std::nullopt;  // nullopt where not known
  bool operator==(const Capability&) const = default;
};

inline constexpr size_t kMaxWorkerDatasets = 1000;
inline constexpr size_t kLongestDatasetName = 200;
inline constexpr size_t kLongestFolderName = kLongestDatasetName - 7;  // less "folder/"

// The requirement of one trial: what its sweep asks for, and what follows from its configuration.
Requirement RequirementOf(const Resources& resources, const TrialSpec& spec);

// The name under which a configuration's data set is looked for: "cifar10", "folder/NAME"; empty
// for `synthetic`.
std::string DatasetOf(const TrialSpec& spec);

// Why the machine cannot train the trial, for people: "needs device cuda"; nullopt where it can.
// What the machine does not know of itself is no reason.
std::optional<std::string> WhyUnfit(const Requirement& requirement, const Capability& capability);

// One JSON object each, with sorted keys and without what is empty: equal text means equal value.
std::string ToText(const Requirement& requirement);
absl::StatusOr<Requirement> ParseRequirement(std::string_view text);
std::string ToText(const Capability& capability);
absl::StatusOr<Capability> ParseCapability(std::string_view text);

}  // namespace adares
