// The grpc_server_* metrics, under the names and labels that public dashboards know.
//
// Thread-safe.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

namespace adares {

// What a call is counted under.
struct CallKind {
  std::string type;  // unary, server_stream, client_stream or bidi_stream
  std::string service;
  std::string method;
};

class CallMetrics {
 public:
  // `registry` must outlive it.
  explicit CallMetrics(prometheus::Registry& registry);

  // Exports the series of calls that are served as 0, so that increase() sees the first one.
  void Declare(const CallKind& kind);

  void Started(const CallKind& kind);
  void MessageReceived(const CallKind& kind);
  void MessageSent(const CallKind& kind);
  // `code` in the letters of gRPC's specification: NOT_FOUND. The time counts for unary calls only:
  // streams live as long as their clients like.
  void Handled(const CallKind& kind, const std::string& code, double seconds);

 private:
  prometheus::Family<prometheus::Counter>& started_;
  prometheus::Family<prometheus::Counter>& handled_;
  prometheus::Family<prometheus::Counter>& received_;
  prometheus::Family<prometheus::Counter>& sent_;
  prometheus::Family<prometheus::Histogram>& seconds_;
};

}  // namespace adares
