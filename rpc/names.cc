#include "rpc/names.h"

#include "absl/strings/str_cat.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "core/sweep_spec.h"

namespace adares {
namespace {

constexpr std::string_view kSweeps = "sweeps/";
constexpr std::string_view kTrials = "/trials/";
constexpr std::string_view kWorkers = "workers/";

// Enough to see what it was; a name has no megabytes.
constexpr size_t kLongestShown = 200;

absl::Status Malformed(std::string_view name, std::string_view field, std::string_view expected) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
      absl::StrCat("malformed resource name ", Quoted(name), ": expected ", std::string(expected)),
      {{"field", std::string(field)}, {"name", std::string(name.substr(0, kLongestShown))}});
}

bool IsTrialId(std::string_view id) {
  return id.size() == 12 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string SweepResource(std::string_view sweep) { return std::string(kSweeps).append(sweep); }

std::string TrialResource(std::string_view sweep, std::string_view trial) {
  return SweepResource(sweep).append(kTrials).append(trial);
}

std::string WorkerResource(std::string_view worker) { return std::string(kWorkers).append(worker); }

absl::StatusOr<std::string> ParseSweepResource(std::string_view name, std::string_view field) {
  const std::string_view id = name.starts_with(kSweeps) ? name.substr(kSweeps.size()) : "";
  if (!IsSweepName(id)) return Malformed(name, field, "sweeps/{sweep}");
  return std::string(id);
}

absl::StatusOr<TrialName> ParseTrialResource(std::string_view name, std::string_view field) {
  constexpr std::string_view kForm = "sweeps/{sweep}/trials/{12 hex digits}";
  if (!name.starts_with(kSweeps)) return Malformed(name, field, kForm);
  const std::string_view rest = name.substr(kSweeps.size());
  const size_t at = rest.find(kTrials);
  if (at == std::string_view::npos) return Malformed(name, field, kForm);
  const std::string_view sweep = rest.substr(0, at);
  const std::string_view trial = rest.substr(at + kTrials.size());
  if ((sweep != "-" && !IsSweepName(sweep)) || !IsTrialId(trial))
    return Malformed(name, field, kForm);
  return TrialName{std::string(sweep), std::string(trial)};
}

absl::StatusOr<std::string> ParseWorkerResource(std::string_view name, std::string_view field) {
  const std::string_view id = name.starts_with(kWorkers) ? name.substr(kWorkers.size()) : "";
  if (!IsSweepName(id)) return Malformed(name, field, "workers/{worker}");
  return std::string(id);
}

}  // namespace adares
