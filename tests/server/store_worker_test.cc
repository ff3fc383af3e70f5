// Workers in the store.
#include <gmock/gmock.h>

#include "core/status.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using WorkerTest = StoreTest;

WorkerRecord MakeWorker(const std::string& name) {
  WorkerRecord worker;
  worker.name = name;
  worker.instance = "i1";
  worker.hostname = "host";
  worker.capability = {"cpu", 1 << 20, {{"gpu", "none"}}, std::set<std::string>{"mnist"}};
  worker.slots = 2;
  worker.version = "0.1.0";
  worker.registered_at = At(1);
  worker.last_seen_at = At(2);
  return worker;
}

TEST_F(WorkerTest, AWorkerComesBackAsItWasWritten) {
  Do([&] { return store_->UpsertWorker(MakeWorker("w2")).status(); });
  Do([&] { return store_->UpsertWorker(MakeWorker("w1")).status(); });
  const auto workers = store_->Workers();
  ASSERT_TRUE(workers.ok()) << workers.status();
  ASSERT_EQ(workers->size(), 2u);
  const WorkerRecord& worker = workers->front();
  EXPECT_EQ(worker.name, "w1");
  EXPECT_EQ(worker.instance, "i1");
  EXPECT_EQ(worker.state, WorkerState::kReady);
  EXPECT_EQ(worker.hostname, "host");
  EXPECT_EQ(worker.capability, MakeWorker("w1").capability);
  EXPECT_EQ(worker.cordoned_at, std::nullopt);
  EXPECT_EQ(worker.slots, 2);
  EXPECT_EQ(worker.busy_slots, 0);
  EXPECT_EQ(worker.version, "0.1.0");
  EXPECT_EQ(worker.registered_at, At(1));
  EXPECT_EQ(worker.last_seen_at, At(2));
}

TEST_F(WorkerTest, TheSameNameReplacesIt) {
  Do([&] { return store_->UpsertWorker(MakeWorker("w1")).status(); });
  WorkerRecord again = MakeWorker("w1");
  again.instance = "i2";
  again.slots = 4;
  Do([&] { return store_->UpsertWorker(again).status(); });
  const auto workers = store_->Workers();
  ASSERT_EQ(workers->size(), 1u);
  EXPECT_EQ(workers->front().instance, "i2");
  EXPECT_EQ(workers->front().slots, 4);
}

TEST_F(WorkerTest, ACordonStaysWhenTheWorkerIsStartedAnew) {
  Do([&] { return store_->UpsertWorker(MakeWorker("w1")).status(); });
  Do([&] { return store_->SetCordon("w1", "bad disk", At(5)); });
  Do([&]() -> absl::Status {
    const auto stored = store_->UpsertWorker(MakeWorker("w1"));
    EXPECT_EQ(stored->cordoned_at, At(5));
    EXPECT_EQ(stored->cordon_reason, "bad disk");
    return stored.status();
  });
  EXPECT_EQ(store_->Workers()->front().cordon_reason, "bad disk");
  Do([&] { return store_->SetCordon("w1", std::nullopt, At(6)); });
  EXPECT_EQ(store_->Workers()->front().cordoned_at, std::nullopt);
  ADARES_ASSERT_OK(store_->Begin());
  EXPECT_EQ(ErrorReason(store_->SetCordon("w9", "x", At(5))), reason::kWorkerNotFound);
  store_->Rollback();
}

TEST_F(WorkerTest, ATouchChangesStateAndTime) {
  Do([&] { return store_->UpsertWorker(MakeWorker("w1")).status(); });
  for (const WorkerState state :
       {WorkerState::kBusy, WorkerState::kDraining, WorkerState::kLost, WorkerState::kLeft}) {
    Do([&] { return store_->TouchWorker("w1", state, At(9)); });
    const auto workers = store_->Workers();
    EXPECT_EQ(workers->front().state, state);
    EXPECT_EQ(workers->front().last_seen_at, At(9));
    EXPECT_EQ(workers->front().registered_at, At(1));
  }
  ADARES_ASSERT_OK(store_->Begin());
  EXPECT_EQ(store_->TouchWorker("w9", WorkerState::kLost, At(9)).code(),
            absl::StatusCode::kInternal);
  store_->Rollback();
}

TEST_F(WorkerTest, BusySlotsAreItsLiveAttempts) {
  Do([&] { return store_->UpsertWorker(MakeWorker("w1")).status(); });
  Insert(MakePlan({}));
  const LiveAttempt first = Claim();
  Claim();
  Claim(At(1), "w2");
  EXPECT_EQ(store_->Workers()->front().busy_slots, 2);
  End(first, EndReason::kFinished, TrialState::kSucceeded);
  EXPECT_EQ(store_->Workers()->front().busy_slots, 1);
}

TEST_F(WorkerTest, WorkersComeInPages) {
  for (const char* name : {"c", "a", "b"}) {
    Do([&] { return store_->UpsertWorker(MakeWorker(name)).status(); });
  }
  const auto reader = NewReader();
  const auto first = reader->ListWorkers({.size = 2, .token = ""});
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->items.size(), 2u);
  EXPECT_EQ(first->items[1].name, "b");
  const auto second = reader->ListWorkers({.size = 2, .token = first->next_token});
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->items.size(), 1u);
  EXPECT_EQ(second->items[0].name, "c");
  EXPECT_EQ(second->next_token, "");
  EXPECT_EQ(ErrorReason(reader->ListWorkers({.size = 2, .token = "???"}).status()),
            reason::kPageTokenInvalid);
}

TEST_F(WorkerTest, OfThoseThatAreGoneOnlyTheLastSeenAreKept) {
  for (const char* name : {"live", "old", "older", "aside", "new"}) {
    Do([&] { return store_->UpsertWorker(MakeWorker(name)).status(); });
  }
  Do([&] { return store_->TouchWorker("aside", WorkerState::kLost, At(1)); });
  Do([&] { return store_->SetCordon("aside", "bad disk", At(5)); });
  Do([&] { return store_->TouchWorker("older", WorkerState::kLeft, At(3)); });
  Do([&] { return store_->TouchWorker("old", WorkerState::kLost, At(4)); });
  Do([&] { return store_->TouchWorker("new", WorkerState::kLeft, At(5)); });
  Do([&] { return store_->ForgetWorkers(2, /*limit=*/1).status(); });
  EXPECT_EQ(store_->Workers()->size(), 4u);
  Do([&] { return store_->ForgetWorkers(2, 10).status(); });
  const auto workers = store_->Workers();
  ASSERT_TRUE(workers.ok()) << workers.status();
  std::vector<std::string> names;
  for (const WorkerRecord& worker : *workers) names.push_back(worker.name);
  EXPECT_THAT(names, testing::ElementsAre("aside", "live", "new", "old"));
}

}  // namespace
}  // namespace adares
