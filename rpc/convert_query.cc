#include "rpc/convert_query.h"

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/convert_control.h"
#include "rpc/page_request.h"

namespace adares {
namespace {

absl::Status CheckCount(const char* field, int count, int limit) {
  if (count <= limit) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("at most ", limit));
}

}  // namespace

absl::StatusOr<TrialQuery> FromProto(const v1::ListTrialsRequest& request) {
  TrialQuery query;
  ADARES_ASSIGN_OR_RETURN(query.sweep, ParseSweepResource(request.parent(), "parent"));
  ADARES_ASSIGN_OR_RETURN(query.page, PageOfRequest(request));
  ADARES_RETURN_IF_ERROR(CheckCount("states", request.states_size(), kMaxFilterStates));
  for (const int state : request.states()) {
    ADARES_ASSIGN_OR_RETURN(query.states.emplace_back(),
                            FromProto(static_cast<v1::Trial::State>(state)));
  }
  return query;
}

absl::StatusOr<MetricQuery> FromProto(const v1::QueryMetricsRequest& request) {
  MetricQuery query;
  ADARES_ASSIGN_OR_RETURN(query.trial, ParseTrialResource(request.trial(), "trial"));
  ADARES_ASSIGN_OR_RETURN(query.page, SeriesPageOfRequest(request));
  ADARES_RETURN_IF_ERROR(CheckCount("keys", request.keys_size(), kMaxQueriedNames));
  query.keys.assign(request.keys().begin(), request.keys().end());
  return query;
}

absl::StatusOr<SkipWeightQuery> FromProto(const v1::QuerySkipWeightsRequest& request) {
  SkipWeightQuery query;
  ADARES_ASSIGN_OR_RETURN(query.trial, ParseTrialResource(request.trial(), "trial"));
  ADARES_ASSIGN_OR_RETURN(query.page, SeriesPageOfRequest(request));
  ADARES_RETURN_IF_ERROR(CheckCount("sites", request.sites_size(), kMaxQueriedNames));
  query.sites.assign(request.sites().begin(), request.sites().end());
  query.last_only = request.last_only();
  return query;
}

absl::StatusOr<ComparisonQuery> FromProto(const v1::CompareVariantsRequest& request) {
  ComparisonQuery query;
  ADARES_ASSIGN_OR_RETURN(query.sweep, ParseSweepResource(request.sweep(), "sweep"));
  const auto axes = static_cast<int>(request.baseline().size());
  ADARES_RETURN_IF_ERROR(CheckCount("baseline", axes, kMaxQueriedNames));
  query.metric = request.metric();
  query.baseline.insert(request.baseline().begin(), request.baseline().end());
  query.page_token = request.page_token();
  return query;
}

}  // namespace adares
