// Any text, with any changes from the command line, is refused with a place and a reason, or is a
// plan that keeps what plans promise and is the same each time. The input is the text and then,
// each behind a NUL, path and value of the changes.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/status.h"
#include "core/sweep_spec.h"
#include "core/utf8.h"
#include "tests/fuzz/require.h"

namespace adares {
namespace {

using fuzz::Require;

// Of many trials; the rest would only cost time.
constexpr size_t kLookedAt = 20;

std::vector<std::string> PartsOf(const std::string& input) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end = input.find('\0'); end != std::string::npos; end = input.find('\0', begin)) {
    parts.push_back(input.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(input.substr(begin));
  return parts;
}

void RequireRefusal(const absl::Status& status) {
  Require(status.code() == absl::StatusCode::kInvalidArgument, "it is the file that is wrong");
  Require(ErrorReason(status) == reason::kSpecInvalid, "refusals have the reason");
  Require(!status.message().empty() && IsUtf8(std::string(status.message())),
          "refusals have messages that can be shown");
}

void RequirePlan(const SweepPlan& plan) {
  Require(IsSweepName(plan.name), "a plan has a name");
  Require(!plan.trials.empty() && plan.trials.size() <= kMaxTrialsPerSweep,
          "a plan has as many trials as it may");
  std::set<std::string> ids;
  for (const PlannedTrial& trial : plan.trials) {
    Require(trial.variant_index < plan.variants.size(), "a trial is of a variant");
    Require(ids.insert(trial.id).second, "trials differ");
  }
  for (size_t i = 0; i < std::min(kLookedAt, plan.trials.size()); ++i) {
    const PlannedTrial& trial = plan.trials[i];
    TrialSpec spec = plan.variants[trial.variant_index].spec;
    spec.seed = trial.seed;
    const std::string json = CanonicalJson(spec);
    const absl::StatusOr<TrialSpec> read = ParseTrialSpec(json);
    Require(read.ok(), "a worker can read what it is given");
    Require(CanonicalJson(*read) == json && TrialId(*read) == trial.id, "and reads the same");
  }
}

void Try(const std::string& input) {
  std::vector<std::string> parts = PartsOf(input);
  std::vector<Override> overrides;
  for (size_t i = 1; i + 1 < parts.size() && i < 16; i += 2) {
    overrides.push_back({parts[i], parts[i + 1]});
  }
  const absl::StatusOr<SweepPlan> plan = LoadSweep(parts[0], "file", overrides);
  if (!plan.ok()) return RequireRefusal(plan.status());
  RequirePlan(*plan);
  if (plan->trials.size() > 1'000) return;
  const absl::StatusOr<SweepPlan> again = LoadSweep(parts[0], "file", overrides);
  Require(again.ok() && again->digest == plan->digest, "a plan is the same each time");
}

}  // namespace
}  // namespace adares

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  adares::Try({data, data + size});
  return 0;
}
