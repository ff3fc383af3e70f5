// WorkerService's registration and Sync, spoken by a scripted worker over a real channel.
#include <gtest/gtest.h>

#include "tests/fixtures/await.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

class WorkerSyncTest : public ServerTest {
 protected:
  absl::StatusOr<v1::ListWorkersResponse> ListWorkers(int page_size = 0,
                                                      const std::string& token = "") {
    v1::ListWorkersRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::ListWorkers, request);
  }

  // Waits until as many Sync calls have reached the server.
  void AwaitSyncs(int count) {
    ASSERT_TRUE(fixtures::Await(
        [&] { return Metric("grpc_server_started_total", "grpc_method=\"Sync\"") >= count; }));
  }
};

TEST_F(WorkerSyncTest, RegistrationTellsTheTerms) {
  config_.lease.sync_interval = std::chrono::milliseconds(2'500);
  config_.lease.lease_duration = std::chrono::seconds(12);
  Stop();
  Start();
  const ScriptedWorker worker(channel_, "w", "i");
  const auto terms = worker.Register(3);
  ADARES_ASSERT_OK(terms);
  EXPECT_EQ(terms->sync_interval().seconds(), 2);
  EXPECT_EQ(terms->sync_interval().nanos(), 500'000'000);
  EXPECT_EQ(terms->lease_duration().seconds(), 12);

  const auto workers = ListWorkers();
  ADARES_ASSERT_OK(workers);
  ASSERT_EQ(workers->workers_size(), 1);
  const v1::Worker& listed = workers->workers(0);
  EXPECT_EQ(listed.name(), "workers/w");
  EXPECT_EQ(listed.state(), v1::Worker::STATE_READY);
  EXPECT_EQ(listed.hostname(), "host");
  EXPECT_EQ(listed.device(), "cpu");
  EXPECT_EQ(listed.slots(), 3);
  EXPECT_EQ(listed.version(), "1.2.3");
}

TEST_F(WorkerSyncTest, WrongRegistrationsAreRefused) {
  const auto refused = [this](const std::string& name, const std::string& instance, int slots) {
    const auto answer = ScriptedWorker(channel_, name, instance).Register(slots);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument) << name << " " << slots;
    return Reason(answer) == "ARGUMENT_INVALID";
  };
  EXPECT_TRUE(refused("", "i", 1));
  EXPECT_TRUE(refused("Upper", "i", 1));
  EXPECT_TRUE(refused("ends-", "i", 1));
  EXPECT_TRUE(refused("w", "", 1));
  EXPECT_TRUE(refused("w", "i", 0));
  EXPECT_TRUE(refused("w", "i", -1));
  EXPECT_TRUE(refused("w", "i", 1025));
}

TEST_F(WorkerSyncTest, AWorkerNobodyKnowsIsToldToRegister) {
  const auto stranger = ScriptedWorker(channel_, "w", "i").Sync();
  EXPECT_EQ(stranger.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Reason(stranger), "WORKER_UNKNOWN");

  const ScriptedWorker first(channel_, "w", "first");
  ADARES_ASSERT_OK(first.Register());
  ADARES_ASSERT_OK(ScriptedWorker(channel_, "w", "second", "first").Register());
  EXPECT_EQ(Reason(first.Sync()), "WORKER_UNKNOWN") << "it was replaced";
}

TEST_F(WorkerSyncTest, AWorkerThatLeavesIsGoneAtOnce) {
  // Longer than a call may last: a goodbye that is held open would not be answered.
  config_.lease.sync_interval = std::chrono::minutes(10);
  config_.lease.lease_duration = std::chrono::hours(1);
  Stop();
  Start();
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  worker.draining = true;
  ADARES_ASSERT_OK(worker.Sync());
  EXPECT_EQ(ListWorkers()->workers(0).state(), v1::Worker::STATE_DRAINING);
  worker.leaving = true;
  ADARES_ASSERT_OK(worker.Sync(600));
  EXPECT_EQ(ListWorkers()->workers(0).state(), v1::Worker::STATE_LEFT);
  ADARES_ASSERT_OK(worker.Sync());  // the answer may be lost, and the goodbye said again
  EXPECT_EQ(ListWorkers()->workers(0).state(), v1::Worker::STATE_LEFT);
  Stop();
  Start();
  EXPECT_EQ(ListWorkers()->workers(0).state(), v1::Worker::STATE_LEFT);
  ADARES_ASSERT_OK(ScriptedWorker(channel_, "w", "next").Register());
  EXPECT_EQ(ListWorkers()->workers(0).state(), v1::Worker::STATE_READY);
}

TEST_F(WorkerSyncTest, WhatALeavingWorkerWasGivenUnnoticedGoesToOthers) {
  Create({.name = "crossed", .granularities = {"none"}, .seeds = {0}});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  ASSERT_EQ(worker.Sync()->start_size(), 1);  // an answer that never arrived
  worker.draining = true;
  worker.leaving = true;
  ADARES_ASSERT_OK(worker.Sync());
  ScriptedWorker other(channel_, "other", "i");
  ADARES_ASSERT_OK(other.Register());
  EXPECT_EQ(other.TakeOne().attempt(), 2);
}

TEST_F(WorkerSyncTest, AMalformedAttemptIsRefused) {
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  v1::Assignment wrong;
  wrong.set_trial("sweeps/a/trials/nothing");
  wrong.set_attempt(1);
  worker.Hold(wrong);
  EXPECT_EQ(Reason(worker.Sync()), "ARGUMENT_INVALID");
}

TEST_F(WorkerSyncTest, WorkFillsTheSlotsInOrderOfPriority) {
  Create({.name = "later", .granularities = {"none"}, .seeds = {0, 1}, .priority = 10});
  Create({.name = "sooner", .granularities = {"none"}, .priority = 90});
  const ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register(2));
  const auto orders = worker.Sync();
  ADARES_ASSERT_OK(orders);
  ASSERT_EQ(orders->start_size(), 2);
  EXPECT_EQ(orders->start(0).trial(), Trials("sooner")[0].name());
  EXPECT_EQ(orders->start(1).trial(), Trials("later")[0].name());
  EXPECT_EQ(orders->start(0).attempt(), 1);
  EXPECT_EQ(orders->start(0).spec_json(), Trial(orders->start(0).trial()).spec_json());
  EXPECT_EQ(Sweep("later").trial_counts().queued(), 1);
  const auto workers = ListWorkers();
  ADARES_ASSERT_OK(workers);
  EXPECT_EQ(workers->workers(0).state(), v1::Worker::STATE_BUSY);
  EXPECT_EQ(workers->workers(0).busy_slots(), 2);
}

TEST_F(WorkerSyncTest, AHeldSyncGetsWorkAsSoonAsThereIsSome) {
  const ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  auto held = worker.HoldSync();
  AwaitSyncs(1);
  Create({.name = "new", .granularities = {"none"}});
  const auto orders = held.get();
  ADARES_ASSERT_OK(orders);
  ASSERT_EQ(orders->start_size(), 1);
  EXPECT_EQ(orders->start(0).trial(), Trials("new")[0].name());
}

TEST_F(WorkerSyncTest, OneOfTwoHeldSyncsGetsTheOnlyTrial) {
  ScriptedWorker first(channel_, "w1", "i");
  ScriptedWorker second(channel_, "w2", "i");
  ADARES_ASSERT_OK(first.Register());
  ADARES_ASSERT_OK(second.Register());
  auto held_first = std::async(std::launch::async, [&] { return first.Sync(2); });
  auto held_second = std::async(std::launch::async, [&] { return second.Sync(2); });
  AwaitSyncs(2);
  Create({.name = "single", .granularities = {"none"}});
  const auto orders_first = held_first.get();
  const auto orders_second = held_second.get();
  ADARES_ASSERT_OK(orders_first);
  ADARES_ASSERT_OK(orders_second);
  EXPECT_EQ(orders_first->start_size() + orders_second->start_size(), 1);
}

TEST_F(WorkerSyncTest, ALostAssignmentIsSentAgain) {
  Create({.name = "sent", .granularities = {"none"}});
  const ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  const auto lost = worker.Sync();
  ADARES_ASSERT_OK(lost);
  ASSERT_EQ(lost->start_size(), 1);
  const auto again = worker.Sync();  // it still says that it holds nothing
  ADARES_ASSERT_OK(again);
  ASSERT_EQ(again->start_size(), 1);
  EXPECT_EQ(again->start(0).SerializeAsString(), lost->start(0).SerializeAsString());
  EXPECT_EQ(Trial(lost->start(0).trial()).attempt_count(), 1);
}

TEST_F(WorkerSyncTest, WhatItHoldsIsNotSentAgain) {
  Create({.name = "held", .granularities = {"none"}});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  worker.TakeOne();
  const auto orders = worker.Sync();
  ADARES_ASSERT_OK(orders);
  EXPECT_EQ(orders->start_size(), 0);
  EXPECT_EQ(orders->stop_size(), 0);
}

TEST_F(WorkerSyncTest, ADrainingWorkerGetsNothing) {
  Create({.name = "waiting"});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  worker.draining = true;
  const auto orders = worker.Sync();
  ADARES_ASSERT_OK(orders);
  EXPECT_EQ(orders->start_size(), 0);
  EXPECT_EQ(Sweep("waiting").trial_counts().queued(), 2);
  EXPECT_EQ(ListWorkers()->workers(0).state(), v1::Worker::STATE_DRAINING);
}

TEST_F(WorkerSyncTest, ACancelReachesAHeldSync) {
  Create({.name = "cancelled", .granularities = {"none"}});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  const v1::Assignment attempt = worker.TakeOne();
  auto held = worker.HoldSync();
  AwaitSyncs(2);
  const auto cancelled = Cancel("sweeps/cancelled");
  ADARES_ASSERT_OK(cancelled);
  EXPECT_EQ(cancelled->sweep().state(), v1::Sweep::STATE_CANCELLING);
  const auto orders = held.get();
  ADARES_ASSERT_OK(orders);
  ASSERT_EQ(orders->stop_size(), 1);
  EXPECT_EQ(orders->stop(0).trial(), attempt.trial());
  EXPECT_EQ(orders->stop(0).reason(), v1::StopOrder::REASON_CANCELLED);
  EXPECT_EQ(Trial(attempt.trial()).state(), v1::Trial::STATE_STOPPING);

  worker.held[0].set_phase(v1::HeldAttempt::PHASE_STOPPING);
  const auto next = worker.Sync();
  ADARES_ASSERT_OK(next);
  EXPECT_EQ(next->stop_size(), 0) << "it is stopping already";

  Reports reports(channel_, worker);
  EXPECT_EQ(reports.Acknowledged(attempt, 1, {EndRecord(v1::Attempt::END_REASON_CANCELLED)}), 1);
  EXPECT_EQ(Sweep("cancelled").state(), v1::Sweep::STATE_CANCELLED);
}

TEST_F(WorkerSyncTest, AnAttemptThatItShouldNotHoldIsCalledBack) {
  Create({.name = "stale", .granularities = {"none"}});
  ScriptedWorker first(channel_, "w1", "i");
  ADARES_ASSERT_OK(first.Register());
  const v1::Assignment attempt = first.TakeOne();
  ScriptedWorker second(channel_, "w2", "i");
  ADARES_ASSERT_OK(second.Register());
  second.Hold(attempt);
  const auto orders = second.Sync();
  ADARES_ASSERT_OK(orders);
  ASSERT_EQ(orders->stop_size(), 1);
  EXPECT_EQ(orders->stop(0).reason(), v1::StopOrder::REASON_LEASE_LOST);
  EXPECT_EQ(Trial(attempt.trial()).state(), v1::Trial::STATE_RUNNING) << "the first has it still";
}

TEST_F(WorkerSyncTest, ANewInstanceEndsTheAttemptsOfTheOneBefore) {
  Create({.name = "again", .granularities = {"none"}});
  ScriptedWorker before(channel_, "w", "before");
  ADARES_ASSERT_OK(before.Register());
  const v1::Assignment lost = before.TakeOne();
  ADARES_ASSERT_OK(before.Register());
  EXPECT_EQ(Trial(lost.trial()).state(), v1::Trial::STATE_RUNNING) << "the same instance again";

  ScriptedWorker after(channel_, "w", "after", "before");
  ADARES_ASSERT_OK(after.Register());
  const v1::Trial trial = Trial(lost.trial());
  EXPECT_EQ(trial.state(), v1::Trial::STATE_QUEUED);
  EXPECT_EQ(trial.attempts(0).end_reason(), v1::Attempt::END_REASON_WORKER_LOST);
  EXPECT_TRUE(trial.has_retry_time()) << "it waits a moment after a loss";
  BeginNow(lost.trial());
  EXPECT_EQ(after.TakeOne().attempt(), 2);
}

TEST_F(WorkerSyncTest, ATrialThatLosesItsWorkerFiveTimesFails) {
  Create({.name = "killer", .granularities = {"none"}});
  std::string trial;
  for (int i = 1; i <= 5; ++i) {
    ScriptedWorker worker(channel_, "w", absl::StrCat("instance-", i),
                          absl::StrCat("instance-", i - 1));
    ADARES_ASSERT_OK(worker.Register());
    if (i > 1) BeginNow(trial);
    const v1::Assignment attempt = worker.TakeOne();
    EXPECT_EQ(attempt.attempt(), i);
    trial = attempt.trial();
  }
  ADARES_ASSERT_OK(ScriptedWorker(channel_, "w", "last", "instance-5").Register());
  EXPECT_EQ(Trial(trial).state(), v1::Trial::STATE_FAILED);
  EXPECT_NE(Trial(trial).message(), "");
  EXPECT_EQ(Sweep("killer").state(), v1::Sweep::STATE_FAILED);
}

TEST_F(WorkerSyncTest, ListsWorkersInPages) {
  for (const char* name : {"a", "b", "c"}) {
    ADARES_ASSERT_OK(ScriptedWorker(channel_, name, "i").Register());
  }
  const auto first = ListWorkers(2);
  ADARES_ASSERT_OK(first);
  ASSERT_EQ(first->workers_size(), 2);
  const auto second = ListWorkers(2, first->next_page_token());
  ADARES_ASSERT_OK(second);
  ASSERT_EQ(second->workers_size(), 1);
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_NE(second->workers(0).name(), first->workers(0).name());
  EXPECT_NE(second->workers(0).name(), first->workers(1).name());
  EXPECT_EQ(Reason(ListWorkers(2, "nonsense")), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(Reason(ListWorkers(-2)), "ARGUMENT_INVALID");
}

}  // namespace
}  // namespace adares
