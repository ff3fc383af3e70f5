#include "server/services/analysis_service.h"

#include <utility>

#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/convert_query.h"
#include "rpc/names.h"
#include "server/services/read_call.h"

namespace adares {

grpc::ServerUnaryReactor* AnalysisServiceImpl::QueryMetrics(grpc::CallbackServerContext* context,
                                                            const v1::QueryMetricsRequest* request,
                                                            v1::QueryMetricsResponse* response) {
  absl::StatusOr<MetricQuery> query = FromProto(*request);
  if (!query.ok()) return AnswerAtOnce(context, query.status());
  return AnswerFromReader(
      context, readers_, response,
      [query = *std::move(query)](Reader& reader) -> absl::StatusOr<v1::QueryMetricsResponse> {
        ADARES_ASSIGN_OR_RETURN(const TrialRecord trial,
                                reader.GetTrial(query.trial.sweep, query.trial.trial));
        ADARES_ASSIGN_OR_RETURN(const PageOf<MetricPoint> points,
                                reader.Points(trial.sweep, trial.id, query.keys, query.page));
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
  absl::StatusOr<SkipWeightQuery> query = FromProto(*request);
  if (!query.ok()) return AnswerAtOnce(context, query.status());
  return AnswerFromReader(
      context, readers_, response,
      [query = *std::move(query)](Reader& reader) -> absl::StatusOr<v1::QuerySkipWeightsResponse> {
        ADARES_ASSIGN_OR_RETURN(const TrialRecord trial,
                                reader.GetTrial(query.trial.sweep, query.trial.trial));
        ADARES_ASSIGN_OR_RETURN(
            const PageOf<SkipWeightPoint> weights,
            reader.SkipWeights(trial.sweep, trial.id, query.sites, query.last_only, query.page));
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
  absl::StatusOr<ComparisonQuery> query = FromProto(*request);
  if (!query.ok()) return AnswerAtOnce(context, query.status());
  return AnswerFromReader(
      context, readers_, response,
      [query = *std::move(query)](Reader& reader) -> absl::StatusOr<v1::CompareVariantsResponse> {
        ADARES_ASSIGN_OR_RETURN(
            const Comparison comparison,
            reader.Compare(query.sweep, query.metric, query.baseline, query.page_token));
        return ToProto(comparison);
      });
}

}  // namespace adares
