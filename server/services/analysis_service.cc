#include "server/services/analysis_service.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/names.h"
#include "server/services/page_request.h"
#include "server/services/read_call.h"

namespace adares {
namespace {

// Names in one query: far more than a trial's metrics, sites or axes that anybody looks at.
constexpr int kMaxNames = 1'000;

absl::Status CheckNames(const char* field, int count) {
  if (count <= kMaxNames) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("at most ", kMaxNames));
}

}  // namespace

grpc::ServerUnaryReactor* AnalysisServiceImpl::QueryMetrics(grpc::CallbackServerContext* context,
                                                            const v1::QueryMetricsRequest* request,
                                                            v1::QueryMetricsResponse* response) {
  const absl::StatusOr<TrialName> name = ParseTrialResource(request->trial(), "trial");
  if (!name.ok()) return AnswerAtOnce(context, name.status());
  const absl::StatusOr<Page> page = SeriesPageOfRequest(*request);
  if (!page.ok()) return AnswerAtOnce(context, page.status());
  const absl::Status few = CheckNames("keys", request->keys_size());
  if (!few.ok()) return AnswerAtOnce(context, few);
  const std::vector<std::string> keys(request->keys().begin(), request->keys().end());
  return AnswerFromReader(
      context, readers_, response,
      [name = *name, page = *page,
       keys](Reader& reader) -> absl::StatusOr<v1::QueryMetricsResponse> {
        ADARES_ASSIGN_OR_RETURN(const TrialRecord trial, reader.GetTrial(name.sweep, name.trial));
        ADARES_ASSIGN_OR_RETURN(const PageOf<MetricPoint> points,
                                reader.Points(trial.sweep, trial.id, keys, page));
        v1::QueryMetricsResponse message;
        message.set_trial(TrialResource(trial.sweep, trial.id));
        for (const MetricPoint& point : points.items) *message.add_points() = ToProto(point);
        message.set_next_page_token(points.next_token);
        return message;
      });
}

grpc::ServerUnaryReactor* AnalysisServiceImpl::QuerySkipWeights(
    grpc::CallbackServerContext* context, const v1::QuerySkipWeightsRequest* request,
    v1::QuerySkipWeightsResponse* response) {
  const absl::StatusOr<TrialName> name = ParseTrialResource(request->trial(), "trial");
  if (!name.ok()) return AnswerAtOnce(context, name.status());
  const absl::StatusOr<Page> page = SeriesPageOfRequest(*request);
  if (!page.ok()) return AnswerAtOnce(context, page.status());
  const absl::Status few = CheckNames("sites", request->sites_size());
  if (!few.ok()) return AnswerAtOnce(context, few);
  const std::vector<std::string> sites(request->sites().begin(), request->sites().end());
  return AnswerFromReader(
      context, readers_, response,
      [name = *name, page = *page, sites, last_only = request->last_only()](
          Reader& reader) -> absl::StatusOr<v1::QuerySkipWeightsResponse> {
        ADARES_ASSIGN_OR_RETURN(const TrialRecord trial, reader.GetTrial(name.sweep, name.trial));
        ADARES_ASSIGN_OR_RETURN(const PageOf<SkipWeightPoint> weights,
                                reader.SkipWeights(trial.sweep, trial.id, sites, last_only, page));
        v1::QuerySkipWeightsResponse message;
        message.set_trial(TrialResource(trial.sweep, trial.id));
        for (const SkipWeightPoint& weight : weights.items)
          *message.add_weights() = ToProto(weight);
        message.set_next_page_token(weights.next_token);
        return message;
      });
}

grpc::ServerUnaryReactor* AnalysisServiceImpl::CompareVariants(
    grpc::CallbackServerContext* context, const v1::CompareVariantsRequest* request,
    v1::CompareVariantsResponse* response) {
  const absl::StatusOr<std::string> sweep = ParseSweepResource(request->sweep(), "sweep");
  if (!sweep.ok()) return AnswerAtOnce(context, sweep.status());
  const absl::Status few = CheckNames("baseline", static_cast<int>(request->baseline().size()));
  if (!few.ok()) return AnswerAtOnce(context, few);
  const std::map<std::string, std::string> baseline(request->baseline().begin(),
                                                    request->baseline().end());
  return AnswerFromReader(
      context, readers_, response,
      [sweep = *sweep, metric = request->metric(), baseline, token = request->page_token()](
          Reader& reader) -> absl::StatusOr<v1::CompareVariantsResponse> {
        ADARES_ASSIGN_OR_RETURN(const Comparison comparison,
                                reader.Compare(sweep, metric, baseline, token));
        return ToProto(comparison);
      });
}

}  // namespace adares
