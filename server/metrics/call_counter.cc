#include "server/metrics/call_counter.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "adares/v1/admin_service.pb.h"
#include "adares/v1/analysis_service.pb.h"
#include "adares/v1/sweep_service.pb.h"
#include "adares/v1/trial_service.pb.h"
#include "adares/v1/worker_service.pb.h"

namespace adares {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerInterceptorFactoryInterface;
using grpc::experimental::ServerRpcInfo;
using SteadyClock = std::chrono::steady_clock;

std::string TypeName(bool client_streaming, bool server_streaming) {
  if (client_streaming) return server_streaming ? "bidi_stream" : "client_stream";
  return server_streaming ? "server_stream" : "unary";
}

// Splits "/adares.v1.SweepService/GetSweep". Whoever calls chooses the path, so methods that are
// not served count as one: their names must not become series.
CallKind KindOf(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const size_t slash = std::min(path.find('/'), path.size());
  CallKind kind;
  kind.service = std::string(path.substr(0, slash));
  kind.method = std::string(path.substr(std::min(slash + 1, path.size())));
  const auto* served = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      kind.service + "." + kind.method);
  if (served != nullptr) {
    kind.type = TypeName(served->client_streaming(), served->server_streaming());
  } else if (kind.service == "grpc.health.v1.Health" &&
             (kind.method == "Check" || kind.method == "Watch")) {
    kind.type = TypeName(false, kind.method == "Watch");
  } else {
    kind = {"unary", "other", "other"};
  }
  return kind;
}

void Declare(const google::protobuf::FileDescriptor* file, CallMetrics& metrics) {
  for (int i = 0; i < file->service_count(); ++i) {
    const google::protobuf::ServiceDescriptor* service = file->service(i);
    for (int j = 0; j < service->method_count(); ++j) {
      metrics.Declare(KindOf(service->full_name() + "/" + service->method(j)->name()));
    }
  }
}

class CallCounter final : public Interceptor {
 public:
  CallCounter(CallMetrics* metrics, std::string_view path)
      : metrics_(metrics), kind_(KindOf(path)) {
    metrics_->Started(kind_);
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() != nullptr) {
      metrics_->MessageReceived(kind_);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      metrics_->MessageSent(kind_);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const std::chrono::duration<double> length = SteadyClock::now() - begin_;
      // The numbers of gRPC's codes are those of Abseil's.
      const auto code = static_cast<absl::StatusCode>(methods->GetSendStatus().error_code());
      metrics_->Handled(kind_, absl::StatusCodeToString(code), length.count());
    }
    methods->Proceed();
  }

 private:
  CallMetrics* const metrics_;
  const CallKind kind_;
  const SteadyClock::time_point begin_ = SteadyClock::now();
};

class CallCounterFactory final : public ServerInterceptorFactoryInterface {
 public:
  explicit CallCounterFactory(CallMetrics* metrics) : metrics_(metrics) {}
  Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    return new CallCounter(metrics_, info->method());
  }

 private:
  CallMetrics* const metrics_;
};

}  // namespace

std::unique_ptr<ServerInterceptorFactoryInterface> MakeCallCounter(CallMetrics* metrics) {
  for (const auto* file :
       {v1::CreateSweepRequest::descriptor()->file(), v1::GetTrialRequest::descriptor()->file(),
        v1::QueryMetricsRequest::descriptor()->file(),
        v1::RegisterWorkerRequest::descriptor()->file(),
        v1::GetServerInfoRequest::descriptor()->file()}) {
    Declare(file, *metrics);
  }
  return std::make_unique<CallCounterFactory>(metrics);
}

}  // namespace adares
