// The link against a real server.
#include "worker/agent/grpc_coordinator_link.h"

#include <gmock/gmock.h>
#include <grpcpp/channel.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "rpc/channel.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/worker/small_coordinator.h"

namespace adares::worker {
namespace {

constexpr std::chrono::seconds kDeadline{60};
constexpr std::chrono::milliseconds kPoll{20};

// The owner thread's queue: the test runs it itself.
class Owner {
 public:
  void Post(std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    actions_.push_back(std::move(action));
    posted_.notify_all();
  }

  template <typename Condition>
  void RunUntil(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      RunOne();
    }
  }

 private:
  void RunOne() {
    std::unique_lock lock(mutex_);
    if (!posted_.wait_for(lock, kPoll, [this] { return !actions_.empty(); })) return;
    const std::function<void()> action = std::move(actions_.front());
    actions_.pop_front();
    lock.unlock();
    action();
  }

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> actions_;
};

class GrpcCoordinatorLinkTest : public ::testing::Test {
 protected:
  GrpcCoordinatorLinkTest() {
    StartServer();
    NewLink();
  }

  void NewLink() {
    link_ = std::make_unique<GrpcCoordinatorLink>(
        MakeChannel(address_), WorkerIdentity{"box", {"f00d", ""}, "host", {"cpu"}, 4, "1"},
        [this](std::function<void()> action) { owner_.Post(std::move(action)); });
  }

  void StartServer() { server_ = std::make_unique<SmallCoordinator>(address_); }

  absl::StatusOr<WorkerTerms> Register() {
    std::optional<absl::StatusOr<WorkerTerms>> answer;
    link_->Register([&answer](const auto& terms) { answer = terms; });
    owner_.RunUntil([&] { return answer.has_value(); });
    return *answer;
  }

  void BeginSync(Duration max_wait) {
    synced_.reset();
    link_->Sync({.attempts = {}, .draining = false, .max_wait = max_wait},
                [this](const auto& orders) { synced_ = orders; });
  }

  absl::StatusOr<SyncOrders> FinishSync() {
    owner_.RunUntil([&] { return synced_.has_value(); });
    return *synced_;
  }

  void OpenReports() {
    link_->OpenReports({.sent = [this] { ++sent_; },
                        .answered = [this](const auto& answer) { answers_.push_back(answer); },
                        .closed = [this](const auto& status) { closed_ = status; }});
  }

  ReportBatch Batch(int64_t first_sequence) {
    const std::string record = link_->Encode(Progress{1, 2, 3, 4, 5.0});
    return {{"grid", "0123456789ab", 1}, first_sequence, {record, record}};
  }

  fixtures::TempFolder folder_;
  const std::string address_ = "unix:" + (folder_ / "socket");
  Owner owner_;
  std::unique_ptr<SmallCoordinator> server_;
  std::unique_ptr<GrpcCoordinatorLink> link_;
  std::optional<absl::StatusOr<SyncOrders>> synced_;
  int sent_ = 0;
  std::vector<ReportAnswer> answers_;
  std::optional<absl::Status> closed_;
};

TEST_F(GrpcCoordinatorLinkTest, RegistersAndLearnsItsTerms) {
  const auto terms = Register();
  ASSERT_TRUE(terms.ok()) << terms.status();
  EXPECT_EQ(terms->lease_duration, std::chrono::seconds(30));
  EXPECT_EQ(server_->registrations.at(0).slots(), 4);
}

TEST_F(GrpcCoordinatorLinkTest, UnknownWorkerIsNotFound) {
  BeginSync(Duration::zero());
  EXPECT_EQ(FinishSync().status().code(), absl::StatusCode::kNotFound);
}

TEST_F(GrpcCoordinatorLinkTest, SyncBringsOrders) {
  ASSERT_TRUE(Register().ok());
  v1::Assignment assignment;
  assignment.set_trial("sweeps/grid/trials/0123456789ab");
  assignment.set_attempt(1);
  BeginSync(std::chrono::seconds(50));
  server_->Offer(assignment);
  const auto orders = FinishSync();
  ASSERT_TRUE(orders.ok()) << orders.status();
  EXPECT_EQ(orders->start.at(0).id, (AttemptId{"grid", "0123456789ab", 1}));
}

TEST_F(GrpcCoordinatorLinkTest, HeldSyncCanBeEndedEarly) {
  ASSERT_TRUE(Register().ok());
  BeginSync(std::chrono::seconds(50));
  ASSERT_TRUE(server_->WaitUntil([this] { return !server_->syncs.empty(); }));
  link_->CancelSync();
  EXPECT_EQ(FinishSync().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(GrpcCoordinatorLinkTest, ReportsAreAcknowledged) {
  OpenReports();
  link_->SendReport(Batch(1));
  owner_.RunUntil([&] { return sent_ == 1; });
  link_->SendReport(Batch(3));
  owner_.RunUntil([&] { return answers_.size() == 2; });
  EXPECT_EQ(answers_[1].acknowledged, 4);
  EXPECT_EQ(server_->records[1].at(0).progress().total_epochs(), 4);
}

TEST_F(GrpcCoordinatorLinkTest, RefusalIsTold) {
  server_->RefuseReports();
  OpenReports();
  link_->SendReport(Batch(1));
  owner_.RunUntil([&] { return answers_.size() == 1; });
  EXPECT_FALSE(answers_[0].acknowledged);
  EXPECT_EQ(answers_[0].refusal, "LEASE_LOST: it is another's");
}

TEST_F(GrpcCoordinatorLinkTest, LostServerClosesTheStreamAndAnotherCanBeOpened) {
  OpenReports();
  link_->SendReport(Batch(1));
  owner_.RunUntil([&] { return answers_.size() == 1; });
  server_.reset();
  owner_.RunUntil([&] { return closed_.has_value(); });
  EXPECT_FALSE(closed_->ok());
  link_->SendReport(Batch(3));  // goes nowhere

  StartServer();
  // The channel connects again in its own time.
  owner_.RunUntil([&] {
    if (closed_) {
      closed_.reset();
      OpenReports();
      link_->SendReport(Batch(1));
    }
    return answers_.size() == 2;
  });
  EXPECT_EQ(server_->records[1].size(), 2U);
}

TEST_F(GrpcCoordinatorLinkTest, NoServerIsUnavailable) {
  server_.reset();
  EXPECT_EQ(Register().status().code(), absl::StatusCode::kUnavailable);
}

// The channel goes with the link, while gRPC's thread is on its way out of the call's end.
TEST_F(GrpcCoordinatorLinkTest, CallsThatHaveJustEndedDoNotOutliveIt) {
  for (int i = 0; i < 100; ++i) {
    NewLink();
    BeginSync(Duration::zero());
    EXPECT_TRUE(absl::IsNotFound(FinishSync().status()));
    link_.reset();
  }
}

TEST_F(GrpcCoordinatorLinkTest, DestroyedWithCallsUnderWayItCallsNobody) {
  ASSERT_TRUE(Register().ok());
  OpenReports();
  link_->SendReport(Batch(1));
  owner_.RunUntil([&] { return answers_.size() == 1; });
  BeginSync(std::chrono::seconds(50));
  ASSERT_TRUE(server_->WaitUntil([this] { return !server_->syncs.empty(); }));
  link_.reset();  // waits for both
  EXPECT_FALSE(closed_);
  EXPECT_FALSE(synced_);
}

}  // namespace
}  // namespace adares::worker
