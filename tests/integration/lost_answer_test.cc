// Calls whose answer is lost after the server did what they ask for: the channel sends them again
// by itself, and they count once.
#include <gmock/gmock.h>

#include <future>

#include "rpc/channel.h"
#include "rpc/names.h"
#include "tests/fixtures/await.h"
#include "tests/integration/answer_cutter.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

class LostAnswerTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    cutter_ = std::make_unique<AnswerCutter>(folder_ / "socket");
    lossy_ = MakeChannel(cutter_->address());
    Create({.name = "a", .seeds = {0, 1}});
    v1::GetSweepRequest request;
    request.set_name("sweeps/a");
    ADARES_ASSERT_OK(Call<v1::SweepService>(lossy_, &v1::SweepService::Stub::GetSweep, request));
  }
  void TearDown() override {
    lossy_.reset();
    cutter_.reset();
    ServerTest::TearDown();
  }

  // The answer that the caller gets in the end, where the first is lost once `is_done` holds.
  template <typename Service, typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> LoseAnswerOf(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                     const Request&, Response*),
                                        const Request& request,
                                        const std::function<bool()>& is_done) {
    cutter_->HoldAnswers();
    auto answer =
        std::async(std::launch::async, [&] { return Call<Service>(lossy_, method, request); });
    EXPECT_TRUE(fixtures::Await(is_done)) << "the server did it";
    cutter_->Cut();
    return answer.get();
  }

  double Calls(const std::string& method) const {
    return Metric("grpc_server_started_total", "grpc_method=\"" + method + "\"");
  }

  std::unique_ptr<AnswerCutter> cutter_;
  std::shared_ptr<grpc::Channel> lossy_;
};

TEST_F(LostAnswerTest, APauseCountsOnce) {
  v1::PauseSweepRequest request;
  request.set_name("sweeps/a");
  request.set_request_id("pause-1");
  const auto answer =
      LoseAnswerOf<v1::SweepService>(&v1::SweepService::Stub::PauseSweep, request,
                                     [&] { return Sweep("a").state() == v1::Sweep::STATE_PAUSED; });
  ADARES_ASSERT_OK(answer);
  EXPECT_EQ(answer->changed_trials(), 4)
      << "what the lost answer said; a second pause changes none";
  EXPECT_EQ(Calls("PauseSweep"), 2) << "the channel sent it again";
}

TEST_F(LostAnswerTest, ACordonIsSentAgain) {
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  v1::CordonWorkerRequest request;
  request.set_name("workers/w");
  request.set_request_id("cordon-1");
  const auto is_cordoned = [&] {
    const auto workers = Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::ListWorkers,
                                                 v1::ListWorkersRequest());
    return workers.ok() && workers->workers(0).has_cordon_time();
  };
  ADARES_ASSERT_OK(LoseAnswerOf<v1::WorkerService>(&v1::WorkerService::Stub::CordonWorker, request,
                                                   is_cordoned));
  EXPECT_EQ(Calls("CordonWorker"), 2);
}

// What a worker sends is its own to repeat: it knows best what has become old meanwhile.
TEST_F(LostAnswerTest, ASyncIsNotSentAgain) {
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  v1::SyncRequest request;
  request.set_worker("w");
  request.set_instance("i");
  const auto answer = LoseAnswerOf<v1::WorkerService>(&v1::WorkerService::Stub::Sync, request, [&] {
    return Sweep("a").trial_counts().running() == 1;
  });
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Calls("Sync"), 1);
}

}  // namespace
}  // namespace adares
