// Requests for lists, series and comparisons, and those that control trials: what they mean, and
// refusals that name the field.
#include "rpc/convert_query.h"

#include <gmock/gmock.h>

#include <limits>
#include <string>

#include "adares/v1/sweep_service.pb.h"
#include "core/status.h"
#include "rpc/convert_control.h"
#include "rpc/page_request.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

constexpr char kTrial[] = "sweeps/a/trials/0123456789ab";

template <typename Request>
std::string Refusal(const Request& request) {
  const auto value = FromProto(request);
  EXPECT_FALSE(value.ok());
  EXPECT_EQ(ErrorReason(value.status()), reason::kArgumentInvalid);
  return std::string(value.status().message());
}

TEST(ConvertQueryTest, APageHasASizeWithinItsLimits) {
  v1::ListSweepsRequest request;
  request.set_page_token("token");
  EXPECT_EQ(*PageOfRequest(request), (Page{kDefaultPageSize, "token"}));
  EXPECT_EQ(SeriesPageOfRequest(request)->size, kDefaultSeriesPageSize);
  request.set_page_size(1);
  EXPECT_EQ(PageOfRequest(request)->size, 1);
  request.set_page_size(std::numeric_limits<int32_t>::max());
  EXPECT_EQ(PageOfRequest(request)->size, kMaxPageSize);
  EXPECT_EQ(SeriesPageOfRequest(request)->size, kMaxSeriesPageSize);
  request.set_page_size(-1);
  EXPECT_EQ(ErrorReason(PageOfRequest(request).status()), reason::kArgumentInvalid);
}

TEST(ConvertQueryTest, AListOfTrialsMayBeOfSomeStates) {
  v1::ListTrialsRequest request;
  request.set_parent("sweeps/a");
  request.add_states(v1::Trial::STATE_PAUSED);
  request.set_page_size(7);
  const absl::StatusOr<TrialQuery> query = FromProto(request);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->sweep, "a");
  EXPECT_THAT(query->states, ElementsAre(TrialState::kPaused));
  EXPECT_EQ(query->page.size, 7);
  request.add_states(static_cast<v1::Trial::State>(77));
  EXPECT_THAT(Refusal(request), HasSubstr("unknown value 77"));
  for (int i = 0; i < kMaxFilterStates; ++i) request.add_states(v1::Trial::STATE_PAUSED);
  EXPECT_THAT(Refusal(request), StartsWith("states: at most"));
  request.set_page_size(-1);
  EXPECT_THAT(Refusal(request), StartsWith("page_size: "));
  request.set_parent("a");
  EXPECT_THAT(Refusal(request), StartsWith("malformed resource name"));
}

TEST(ConvertQueryTest, ASeriesNamesItsTrialAndWhatOfIt) {
  v1::QueryMetricsRequest metrics;
  metrics.set_trial(kTrial);
  metrics.add_keys("loss");
  const absl::StatusOr<MetricQuery> query = FromProto(metrics);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->trial, (TrialName{"a", "0123456789ab"}));
  EXPECT_THAT(query->keys, ElementsAre("loss"));
  EXPECT_EQ(query->page.size, kDefaultSeriesPageSize);
  for (int i = 0; i < kMaxQueriedNames; ++i) metrics.add_keys("loss");
  EXPECT_THAT(Refusal(metrics), StartsWith("keys: at most"));

  v1::QuerySkipWeightsRequest weights;
  weights.set_trial(kTrial);
  weights.add_sites("layer1.0");
  weights.set_last_only(true);
  const absl::StatusOr<SkipWeightQuery> of_weights = FromProto(weights);
  ASSERT_TRUE(of_weights.ok()) << of_weights.status();
  EXPECT_EQ(of_weights->trial.trial, "0123456789ab");
  EXPECT_THAT(of_weights->sites, ElementsAre("layer1.0"));
  EXPECT_TRUE(of_weights->last_only);
  for (int i = 0; i < kMaxQueriedNames; ++i) weights.add_sites("layer1.0");
  EXPECT_THAT(Refusal(weights), StartsWith("sites: at most"));
  weights.set_trial("nothing");
  EXPECT_THAT(Refusal(weights), StartsWith("malformed resource name"));
}

TEST(ConvertQueryTest, AComparisonMayHaveAnotherMetricAndBaseline) {
  v1::CompareVariantsRequest request;
  request.set_sweep("sweeps/a");
  request.set_metric("test/loss");
  (*request.mutable_baseline())["model.skip.init"] = "1";
  const absl::StatusOr<ComparisonQuery> query = FromProto(request);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->sweep, "a");
  EXPECT_EQ(query->metric, "test/loss");
  EXPECT_THAT(query->baseline, ElementsAre(Pair("model.skip.init", "1")));
  for (int i = 0; i < kMaxQueriedNames; ++i) {
    (*request.mutable_baseline())[std::to_string(i)] = "1";
  }
  EXPECT_THAT(Refusal(request), StartsWith("baseline: at most"));
}

TEST(ConvertControlTest, AnOrderSaysWhatBecomesOfWhichTrialsOnce) {
  v1::ControlTrialsRequest request;
  request.set_parent("sweeps/a");
  request.set_request_id("id-1");
  request.set_action(v1::ControlTrialsRequest::ACTION_RETRY);
  request.set_from_scratch(true);
  request.mutable_filter()->add_trials(kTrial);
  request.mutable_filter()->add_states(v1::Trial::STATE_FAILED);
  request.mutable_filter()->add_seeds(3);
  (*request.mutable_filter()->mutable_axes())["train.lr"] = "0.1";
  const absl::StatusOr<ControlOrder> order = FromProto(request);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->key.id, "id-1");
  EXPECT_EQ(order->sweep, "a");
  EXPECT_EQ(order->action, ControlAction::kRetryFromScratch);
  EXPECT_THAT(order->filter.ids, ElementsAre("0123456789ab"));
  EXPECT_THAT(order->filter.states, ElementsAre(TrialState::kFailed));
  EXPECT_THAT(order->filter.seeds, ElementsAre(3));
  EXPECT_THAT(order->filter.axes, ElementsAre(Pair("train.lr", "0.1")));
}

TEST(ConvertControlTest, AnOrderThatMakesNoSenseIsRefused) {
  v1::ControlTrialsRequest request;
  request.set_parent("sweeps/a");
  EXPECT_THAT(Refusal(request), StartsWith("action: "));
  request.set_action(v1::ControlTrialsRequest::ACTION_PAUSE);
  EXPECT_THAT(Refusal(request), StartsWith("filter: name trials, states, seeds or axes"));
  request.mutable_filter()->add_trials("sweeps/b/trials/0123456789ab");
  EXPECT_THAT(Refusal(request), HasSubstr("is no trial of a"));
  request.set_from_scratch(true);
  EXPECT_THAT(Refusal(request), StartsWith("from_scratch: "));
  request.set_request_id("no spaces");
  EXPECT_THAT(Refusal(request), StartsWith("request_id: "));
}

}  // namespace
}  // namespace adares
