#include "core/registration.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/label.h"
#include "core/quoted_text.h"
#include "core/report_limits.h"
#include "core/status.h"
#include "core/sweep_spec.h"

namespace adares {
namespace {

absl::Status CheckLength(const std::string& field, const std::string& text) {
  if (text.size() <= kMaxNameBytes) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("longer than ", kMaxNameBytes, " bytes"));
}

absl::Status CheckTexts(const WorkerRecord& worker) {
  ADARES_RETURN_IF_ERROR(CheckLength("instance", worker.instance));
  ADARES_RETURN_IF_ERROR(CheckLength("hostname", worker.hostname));
  ADARES_RETURN_IF_ERROR(CheckLength("version", worker.version));
  return CheckLength("device", worker.capability.device);
}

absl::Status CheckCapability(const Capability& capability) {
  if (capability.memory_bytes < 0) return InvalidField("memory_bytes", "must not be negative");
  if (capability.labels.size() > kMaxLabels) {
    return InvalidField("labels", absl::StrCat("at most ", kMaxLabels));
  }
  for (const auto& [key, value] : capability.labels) {
    if (!IsLabelKey(key)) return InvalidField("labels", absl::StrCat(Quoted(key), " is no name"));
    if (value.size() > kLongestLabelValue) {
      return InvalidField("labels", absl::StrCat(key, " is longer than ", kLongestLabelValue));
    }
  }
  if (!capability.datasets) return absl::OkStatus();
  if (capability.datasets->size() > kMaxWorkerDatasets) {
    return InvalidField("datasets", absl::StrCat("at most ", kMaxWorkerDatasets));
  }
  for (const std::string& name : *capability.datasets) {
    if (name.empty() || name.size() > kLongestDatasetName) {
      return InvalidField("datasets",
                          absl::StrCat("names have 1 to ", kLongestDatasetName, " bytes"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRegistration(const Registration& registration) {
  const WorkerRecord& worker = registration.worker;
  if (!IsSweepName(worker.name)) {
    return InvalidField(
        "worker", absl::StrCat(Quoted(worker.name), ": expected [a-z]([a-z0-9-]{0,61}[a-z0-9])?"));
  }
  if (worker.instance.empty()) return InvalidField("instance", "must not be empty");
  if (worker.slots < 1 || worker.slots > kMaxSlots) {
    return InvalidField("slots", absl::StrCat(worker.slots, " is not in 1..", kMaxSlots));
  }
  ADARES_RETURN_IF_ERROR(CheckTexts(worker));
  ADARES_RETURN_IF_ERROR(CheckLength("previous_instance", registration.previous_instance));
  return CheckCapability(worker.capability);
}

}  // namespace adares
