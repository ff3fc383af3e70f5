// Counts gRPC calls for /metrics, as an interceptor of all services.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>

#include "server/metrics/call_metrics.h"

namespace adares {

// `metrics` must outlive the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeCallCounter(
    CallMetrics* metrics);

}  // namespace adares
