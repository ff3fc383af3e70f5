// What people ask for: requests to control trials, for lists, series and comparisons are refused
// with a reason, or mean what they say and no more. The first byte says which request.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "core/checkpoint.h"
#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/convert_control.h"
#include "rpc/convert_query.h"
#include "rpc/names.h"
#include "rpc/page_request.h"
#include "rpc/request_key.h"
#include "tests/fuzz/refusal.h"
#include "tests/fuzz/require.h"

namespace adares {
namespace {

using fuzz::Require;
using fuzz::RequireRefusal;

template <typename Request>
void RequirePage(const Request& request, const Page& page, int max_size) {
  Require(page.size >= 1 && page.size <= max_size, "a page has a size within its limits");
  Require(request.page_size() == 0 || page.size <= request.page_size(), "no more than was asked");
  Require(page.token == request.page_token(), "and begins where it was asked to");
}

void RequireTrial(const std::string& resource, const TrialName& name) {
  Require(TrialResource(name.sweep, name.trial) == resource, "a trial is the one that was named");
}

void RequireStates(const google::protobuf::RepeatedField<int>& named,
                   const std::vector<TrialState>& states) {
  Require(std::equal(named.begin(), named.end(), states.begin(), states.end(),
                     [](int message, TrialState state) { return ToProto(state) == message; }),
          "states are those that were named");
}

void RequireFilter(const v1::TrialFilter& message, const std::string& sweep,
                   const TrialFilter& filter) {
  Require(!filter.empty(), "a filter means something");
  Require(std::equal(message.trials().begin(), message.trials().end(), filter.ids.begin(),
                     filter.ids.end(),
                     [&sweep](const std::string& resource, const std::string& id) {
                       return TrialResource(sweep, id) == resource;
                     }),
          "it names trials of its sweep");
  Require(std::equal(message.seeds().begin(), message.seeds().end(), filter.seeds.begin(),
                     filter.seeds.end()),
          "seeds are kept");
  Require(message.axes().size() == filter.axes.size(), "and axes");
  RequireStates(message.states(), filter.states);
}

void Controls(const std::string& bytes) {
  v1::ControlTrialsRequest request;
  if (!request.ParseFromString(bytes)) return;
  const absl::StatusOr<ControlOrder> order = FromProto(request);
  if (!order.ok()) return RequireRefusal(order.status());
  Require(SweepResource(order->sweep) == request.parent(), "the sweep is the one that was named");
  Require((order->action == ControlAction::kRetryFromScratch) == request.from_scratch(),
          "nothing begins anew unasked");
  Require(order->key.id == request.request_id() && order->key.id.size() <= kLongestRequestId &&
              (order->key.id.empty() ? order->key.digest.empty() : IsSha256(order->key.digest)),
          "a key is kept");
  RequireFilter(request.filter(), order->sweep, order->filter);
}

void Lists(const std::string& bytes) {
  v1::ListTrialsRequest request;
  if (!request.ParseFromString(bytes)) return;
  const absl::StatusOr<TrialQuery> query = FromProto(request);
  if (!query.ok()) return RequireRefusal(query.status());
  Require(SweepResource(query->sweep) == request.parent(), "the sweep is the one that was named");
  RequirePage(request, query->page, kMaxPageSize);
  RequireStates(request.states(), query->states);
}

void Metrics(const std::string& bytes) {
  v1::QueryMetricsRequest request;
  if (!request.ParseFromString(bytes)) return;
  const absl::StatusOr<MetricQuery> query = FromProto(request);
  if (!query.ok()) return RequireRefusal(query.status());
  RequireTrial(request.trial(), query->trial);
  RequirePage(request, query->page, kMaxSeriesPageSize);
  Require(std::ranges::equal(request.keys(), query->keys), "keys are those that were named");
}

void SkipWeights(const std::string& bytes) {
  v1::QuerySkipWeightsRequest request;
  if (!request.ParseFromString(bytes)) return;
  const absl::StatusOr<SkipWeightQuery> query = FromProto(request);
  if (!query.ok()) return RequireRefusal(query.status());
  RequireTrial(request.trial(), query->trial);
  RequirePage(request, query->page, kMaxSeriesPageSize);
  Require(std::ranges::equal(request.sites(), query->sites), "sites are those that were named");
  Require(query->last_only == request.last_only(), "and how much of them");
}

void Comparisons(const std::string& bytes) {
  v1::CompareVariantsRequest request;
  if (!request.ParseFromString(bytes)) return;
  const absl::StatusOr<ComparisonQuery> query = FromProto(request);
  if (!query.ok()) return RequireRefusal(query.status());
  Require(SweepResource(query->sweep) == request.sweep(), "the sweep is the one that was named");
  Require(query->baseline.size() == request.baseline().size(), "a baseline is kept");
  for (const auto& [axis, value] : request.baseline()) {
    Require(query->baseline.at(axis) == value, "with its values");
  }
}

constexpr std::array kTurns = {Controls, Lists, Metrics, SkipWeights, Comparisons};

}  // namespace
}  // namespace adares

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  adares::kTurns[data[0] % adares::kTurns.size()](std::string(data + 1, data + size));
  return 0;
}
