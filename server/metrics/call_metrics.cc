#include "server/metrics/call_metrics.h"

namespace adares {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;

const prometheus::Histogram::BucketBoundaries kCallBuckets = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

constexpr char kUnary[] = "unary";

prometheus::Labels LabelsOf(const CallKind& kind) {
  return {{"grpc_type", kind.type}, {"grpc_service", kind.service}, {"grpc_method", kind.method}};
}

prometheus::Labels LabelsOf(const CallKind& kind, const std::string& code) {
  prometheus::Labels labels = LabelsOf(kind);
  labels["grpc_code"] = code;
  return labels;
}

}  // namespace

CallMetrics::CallMetrics(prometheus::Registry& registry)
    : started_(BuildCounter()
                   .Name("grpc_server_started_total")
                   .Help("Calls that began.")
                   .Register(registry)),
      handled_(BuildCounter()
                   .Name("grpc_server_handled_total")
                   .Help("Calls that ended, by code.")
                   .Register(registry)),
      received_(BuildCounter()
                    .Name("grpc_server_msg_received_total")
                    .Help("Messages received.")
                    .Register(registry)),
      sent_(BuildCounter()
                .Name("grpc_server_msg_sent_total")
                .Help("Messages sent.")
                .Register(registry)),
      seconds_(BuildHistogram()
                   .Name("grpc_server_handling_seconds")
                   .Help("Length of unary calls.")
                   .Register(registry)) {}

void CallMetrics::Declare(const CallKind& kind) {
  started_.Add(LabelsOf(kind));
  received_.Add(LabelsOf(kind));
  sent_.Add(LabelsOf(kind));
  handled_.Add(LabelsOf(kind, "OK"));
  if (kind.type == kUnary) seconds_.Add(LabelsOf(kind), kCallBuckets);
}

void CallMetrics::Started(const CallKind& kind) { started_.Add(LabelsOf(kind)).Increment(); }

void CallMetrics::MessageReceived(const CallKind& kind) {
  received_.Add(LabelsOf(kind)).Increment();
}

void CallMetrics::MessageSent(const CallKind& kind) { sent_.Add(LabelsOf(kind)).Increment(); }

void CallMetrics::Handled(const CallKind& kind, const std::string& code, double seconds) {
  handled_.Add(LabelsOf(kind, code)).Increment();
  if (kind.type == kUnary) seconds_.Add(LabelsOf(kind), kCallBuckets).Observe(seconds);
}

}  // namespace adares
