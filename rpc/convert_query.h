// Requests that ask for lists, series and comparisons as values of the domain. Each conversion
// returns INVALID_ARGUMENT naming the field. Thread-safe: pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adares/v1/analysis_service.pb.h"
#include "adares/v1/trial_service.pb.h"
#include "core/page.h"
#include "core/trial_state.h"
#include "rpc/names.h"

namespace adares {

// Names in one query: far more than a trial's metrics, sites or axes that anybody looks at.
inline constexpr int kMaxQueriedNames = 1'000;

struct TrialQuery {
  std::string sweep;
  std::vector<TrialState> states;  // any of them; empty for all
  Page page;
};

struct MetricQuery {
  TrialName trial;
  std::vector<std::string> keys;  // empty for all
  Page page;
};

struct SkipWeightQuery {
  TrialName trial;
  std::vector<std::string> sites;  // empty for all
  bool last_only = false;
  Page page;
};

struct ComparisonQuery {
  std::string sweep;
  std::string metric;                           // empty for that of the objective
  std::map<std::string, std::string> baseline;  // axis -> value; empty for the sweep's
  std::string page_token;
};

absl::StatusOr<TrialQuery> FromProto(const v1::ListTrialsRequest& request);
absl::StatusOr<MetricQuery> FromProto(const v1::QueryMetricsRequest& request);
absl::StatusOr<SkipWeightQuery> FromProto(const v1::QuerySkipWeightsRequest& request);
absl::StatusOr<ComparisonQuery> FromProto(const v1::CompareVariantsRequest& request);

}  // namespace adares
