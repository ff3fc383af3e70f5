// AnalysisService over the reader pool. Thread-safe.
#pragma once

#include "adares/v1/analysis_service.grpc.pb.h"
#include "server/store/reader_pool.h"

namespace adares {

class AnalysisServiceImpl final : public v1::AnalysisService::CallbackService {
 public:
  // `readers` must outlive the service.
  explicit AnalysisServiceImpl(ReaderPool* readers) : readers_(readers) {}

  grpc::ServerUnaryReactor* QueryMetrics(grpc::CallbackServerContext* context,
                                         const v1::QueryMetricsRequest* request,
                                         v1::QueryMetricsResponse* response) override;
  grpc::ServerUnaryReactor* QuerySkipWeights(grpc::CallbackServerContext* context,
                                             const v1::QuerySkipWeightsRequest* request,
                                             v1::QuerySkipWeightsResponse* response) override;
  grpc::ServerUnaryReactor* CompareVariants(grpc::CallbackServerContext* context,
                                            const v1::CompareVariantsRequest* request,
                                            v1::CompareVariantsResponse* response) override;

 private:
  ReaderPool* const readers_;
};

}  // namespace adares
