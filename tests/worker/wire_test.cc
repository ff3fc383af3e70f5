#include "worker/agent/wire.h"

#include <gmock/gmock.h>

#include <limits>

#include "core/report_limits.h"
#include "rpc/convert.h"

namespace adares::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kTrial[] = "sweeps/grid/trials/0123456789ab";
const AttemptId kId{"grid", "0123456789ab", 3};

WorkerIdentity Identity() {
  return {"box", {"f00d", "cafe"}, "box.example.org", {"cpu"}, 4, "1.2.3"};
}

TEST(WireTest, RegistrationSaysWhoItIs) {
  const v1::RegisterWorkerRequest request = ToRegisterRequest(Identity());
  EXPECT_EQ(request.worker(), "box");
  EXPECT_EQ(request.instance(), "f00d");
  EXPECT_EQ(request.previous_instance(), "cafe");
  EXPECT_EQ(request.hostname(), "box.example.org");
  EXPECT_EQ(request.device(), "cpu");
  EXPECT_EQ(request.slots(), 4);
  EXPECT_EQ(request.version(), "1.2.3");
}

TEST(WireTest, TextsOfARegistrationAreCutToWhatACoordinatorTakes) {
  WorkerIdentity identity = Identity();
  identity.hostname = std::string(300, 'h');
  identity.capability.device = "\xff";
  const v1::RegisterWorkerRequest request = ToRegisterRequest(identity);
  EXPECT_EQ(request.hostname(), std::string(kMaxNameBytes, 'h'));
  EXPECT_EQ(request.device(), "\xEF\xBF\xBD");
}

TEST(WireTest, SyncStatesEverything) {
  const SyncState state{.attempts = {{kId, AttemptPhase::kStopping}},
                        .draining = true,
                        .stuck_slots = 2,
                        .max_wait = milliseconds(1500),
                        .sequence = 41};
  const v1::SyncRequest request = ToSyncRequest(Identity(), state);
  EXPECT_EQ(request.worker(), "box");
  EXPECT_EQ(request.instance(), "f00d");
  ASSERT_EQ(request.attempts_size(), 1);
  EXPECT_EQ(request.attempts(0).trial(), kTrial);
  EXPECT_EQ(request.attempts(0).attempt(), 3);
  EXPECT_EQ(request.attempts(0).phase(), v1::HeldAttempt::PHASE_STOPPING);
  EXPECT_TRUE(request.draining());
  EXPECT_EQ(request.stuck_slots(), 2);
  EXPECT_EQ(request.sequence(), 41);
  EXPECT_EQ(request.max_wait().seconds(), 1);
  EXPECT_EQ(request.max_wait().nanos(), 500'000'000);
}

TEST(WireTest, ReportCarriesTheRecordsAsTheyWereEncoded) {
  const v1::Record record =
      ToProto(ReportRecord(std::vector<MetricPoint>{{"train/loss", 7, 1, 2.5}}));
  const v1::ReportRequest request =
      ToReportRequest(Identity(), {kId, 11, {record.SerializeAsString()}});
  EXPECT_EQ(request.worker(), "box");
  EXPECT_EQ(request.trial(), kTrial);
  EXPECT_EQ(request.attempt(), 3);
  EXPECT_EQ(request.first_sequence(), 11);
  ASSERT_EQ(request.records_size(), 1);
  EXPECT_EQ(request.records(0).metrics().points(0).value(), 2.5);
}

TEST(WireTest, TermsBeyondReasonAreLong) {
  v1::RegisterWorkerResponse response;
  response.mutable_sync_interval()->set_seconds(std::numeric_limits<int64_t>::max());
  response.mutable_lease_duration()->set_seconds(std::numeric_limits<int64_t>::max());
  const auto terms = FromWire(response);
  ASSERT_TRUE(terms.ok()) << terms.status();
  EXPECT_GT(terms->sync_interval, std::chrono::hours(24 * 365));
}

TEST(WireTest, TermsMustBePositive) {
  v1::RegisterWorkerResponse response;
  response.mutable_sync_interval()->set_seconds(5);
  EXPECT_FALSE(FromWire(response).ok());
  response.mutable_lease_duration()->set_nanos(500'000'000);
  const auto terms = FromWire(response);
  ASSERT_TRUE(terms.ok());
  EXPECT_EQ(terms->sync_interval, seconds(5));
  EXPECT_EQ(terms->lease_duration, milliseconds(500));
}

TEST(WireTest, OrdersThatCannotBeReadAreLeftOut) {
  v1::SyncResponse response;
  v1::Assignment* start = response.add_start();
  start->set_trial("sweeps/-/trials/0123456789ab");
  start->set_attempt(1);
  start = response.add_start();
  start->set_trial(kTrial);
  start->set_attempt(3);
  start->set_spec_json("{}");
  v1::StopOrder* stop = response.add_stop();
  stop->set_trial(kTrial);
  stop->set_attempt(3);
  stop->set_reason(v1::StopOrder::REASON_LEASE_LOST);
  response.add_stop()->set_trial("nonsense");
  response.set_drain(true);

  const SyncOrders orders = FromWire(response);
  EXPECT_TRUE(orders.drain);
  ASSERT_EQ(orders.start.size(), 1U);
  EXPECT_EQ(orders.start[0].id, kId);
  EXPECT_EQ(orders.start[0].spec_json, "{}");
  ASSERT_EQ(orders.stop.size(), 1U);
  EXPECT_EQ(orders.stop[0].reason, StopReason::kLeaseLost);
}

TEST(WireTest, AnswersAcknowledgeOrRefuse) {
  v1::ReportResponse response;
  response.set_trial(kTrial);
  response.set_attempt(3);
  response.set_acknowledged_sequence(17);
  EXPECT_EQ(FromWire(response)->acknowledged, 17);
  response.mutable_refused()->set_reason("LEASE_LOST");
  response.mutable_refused()->set_message("gone");
  EXPECT_FALSE(FromWire(response)->acknowledged);
  EXPECT_EQ(FromWire(response)->refusal, "LEASE_LOST: gone");
  response.set_attempt(0);
  EXPECT_FALSE(FromWire(response));
}

TEST(WireTest, ACheckpointThatCannotBeReadIsNoneToBeginWithout) {
  v1::SyncResponse response;
  v1::Assignment* const start = response.add_start();
  start->set_trial(kTrial);
  start->set_attempt(3);
  start->mutable_checkpoint()->set_step(7);
  start->mutable_checkpoint()->set_reason(static_cast<v1::Checkpoint::Reason>(99));
  const SyncOrders orders = FromWire(response);
  ASSERT_EQ(orders.start.size(), 1u);
  ASSERT_TRUE(orders.start[0].checkpoint.has_value());
  EXPECT_EQ(orders.start[0].checkpoint->step, 7);
  EXPECT_TRUE(orders.start[0].checkpoint->files.empty());
}

}  // namespace
}  // namespace adares::worker
