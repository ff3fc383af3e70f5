#include "server/metrics/call_counter.h"

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

namespace adares {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerInterceptorFactoryInterface;
using grpc::experimental::ServerRpcInfo;

std::string_view CodeName(grpc::StatusCode code) {
  static constexpr std::string_view kNames[] = {
      "OK",       "Cancelled",      "Unknown",          "InvalidArgument",   "DeadlineExceeded",
      "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
      "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
      "DataLoss", "Unauthenticated"};
  const auto index = static_cast<size_t>(code);
  return index < std::size(kNames) ? kNames[index] : "Unknown";
}

bool IsServed(const std::string& service, const std::string& method) {
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(service + "." +
                                                                              method) != nullptr ||
         (service == "grpc.health.v1.Health" && (method == "Check" || method == "Watch"));
}

// Splits "/adares.v1.SweepService/GetSweep". Whoever calls chooses the path, so methods that are
// not served count as one: their names must not become series.
class CallCounter final : public Interceptor {
 public:
  CallCounter(ServerMetrics* metrics, std::string_view path) : metrics_(metrics) {
    if (path.starts_with('/')) path.remove_prefix(1);
    const size_t slash = path.find('/');
    service_ = std::string(path.substr(0, slash));
    if (slash != std::string_view::npos) method_ = std::string(path.substr(slash + 1));
    if (!IsServed(service_, method_)) service_ = method_ = "other";
    metrics_->CountCallStarted(service_, method_);
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      metrics_->CountCallHandled(service_, method_,
                                 CodeName(methods->GetSendStatus().error_code()));
    }
    methods->Proceed();
  }

 private:
  ServerMetrics* const metrics_;
  std::string service_;
  std::string method_;
};

class CallCounterFactory final : public ServerInterceptorFactoryInterface {
 public:
  explicit CallCounterFactory(ServerMetrics* metrics) : metrics_(metrics) {}
  Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    return new CallCounter(metrics_, info->method());
  }

 private:
  ServerMetrics* const metrics_;
};

}  // namespace

std::unique_ptr<ServerInterceptorFactoryInterface> MakeCallCounter(ServerMetrics* metrics) {
  return std::make_unique<CallCounterFactory>(metrics);
}

}  // namespace adares
