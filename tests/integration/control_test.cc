// Pausing, resuming, cancelling, retrying and cordoning over real channels.
#include <gmock/gmock.h>

#include <memory>

#include "rpc/names.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ControlServiceTest : public ServerTest {
 protected:
  template <typename Request, typename Response>
  absl::StatusOr<Response> OnSweep(grpc::Status (v1::SweepService::Stub::*method)(
                                       grpc::ClientContext*, const Request&, Response*),
                                   const std::string& sweep, const std::string& request_id = "") {
    Request request;
    request.set_name(SweepResource(sweep));
    request.set_request_id(request_id);
    return Call<v1::SweepService>(channel_, method, request);
  }

  absl::StatusOr<v1::PauseSweepResponse> Pause(const std::string& sweep,
                                               const std::string& request_id = "") {
    return OnSweep(&v1::SweepService::Stub::PauseSweep, sweep, request_id);
  }
  absl::StatusOr<v1::ResumeSweepResponse> Resume(const std::string& sweep) {
    return OnSweep(&v1::SweepService::Stub::ResumeSweep, sweep);
  }

  absl::StatusOr<v1::ControlTrialsResponse> Control(const v1::ControlTrialsRequest& request) {
    return Call<v1::TrialService>(channel_, &v1::TrialService::Stub::ControlTrials, request);
  }

  v1::ControlTrialsRequest Request(const std::string& sweep,
                                   v1::ControlTrialsRequest::Action action) {
    v1::ControlTrialsRequest request;
    request.set_parent(SweepResource(sweep));
    request.set_action(action);
    return request;
  }
};

TEST_F(ControlServiceTest, ASweepIsPausedAndResumed) {
  Create({.name = "a", .seeds = {0, 1}});
  const auto paused = Pause("a");
  ADARES_ASSERT_OK(paused);
  EXPECT_EQ(paused->sweep().state(), v1::Sweep::STATE_PAUSED);
  EXPECT_EQ(paused->changed_trials(), 4);
  EXPECT_EQ(paused->sweep().trial_counts().paused(), 4);
  EXPECT_EQ(Pause("a")->changed_trials(), 0) << "asked again: nothing changes";
  const auto resumed = Resume("a");
  ADARES_ASSERT_OK(resumed);
  EXPECT_EQ(resumed->sweep().state(), v1::Sweep::STATE_RUNNING);
  EXPECT_EQ(resumed->sweep().trial_counts().queued(), 4);
  EXPECT_EQ(Reason(Pause("none")), "SWEEP_NOT_FOUND");
}

TEST_F(ControlServiceTest, APauseWakesTheWorkerThatHoldsTheTrial) {
  Create({.name = "a", .granularities = {"none"}});
  ScriptedWorker worker(channel_, "w1", "i1");
  ADARES_ASSERT_OK(worker.Register());
  const v1::Assignment attempt = worker.TakeOne();
  auto held = worker.HoldSync();
  ADARES_ASSERT_OK(Pause("a"));
  const auto answer = held.get();
  ADARES_ASSERT_OK(answer);
  ASSERT_THAT(answer->stop(), SizeIs(1));
  EXPECT_EQ(answer->stop(0).reason(), v1::StopOrder::REASON_PAUSED);
  EXPECT_EQ(Trial(attempt.trial()).state(), v1::Trial::STATE_STOPPING);
  EXPECT_EQ(Trial(attempt.trial()).stop_aim(), v1::Trial::STOP_AIM_PAUSE);
  Reports reports(channel_, worker);
  EXPECT_EQ(
      reports.Acknowledged(attempt, 1, {EndRecord(v1::Attempt::END_REASON_PREEMPTED, "paused")}),
      1);
  EXPECT_EQ(Trial(attempt.trial()).state(), v1::Trial::STATE_PAUSED);
}

TEST_F(ControlServiceTest, ARequestIdCountsOnceAndForOneCallAlone) {
  Create({.name = "a"});
  Create({.name = "b"});
  EXPECT_EQ(Pause("a", "id-1")->changed_trials(), 2);
  ADARES_ASSERT_OK(Resume("a"));
  const auto again = Pause("a", "id-1");
  ADARES_ASSERT_OK(again);
  EXPECT_EQ(again->changed_trials(), 2) << "the first answer";
  EXPECT_EQ(again->sweep().state(), v1::Sweep::STATE_RUNNING) << "and nothing was done";
  EXPECT_EQ(Reason(Pause("b", "id-1")), "REQUEST_ID_REUSED");
  EXPECT_EQ(Reason(OnSweep(&v1::SweepService::Stub::CancelSweep, "a", "id-1")),
            "REQUEST_ID_REUSED");
  EXPECT_EQ(Reason(Pause("a", "no spaces")), "ARGUMENT_INVALID");
  EXPECT_EQ(Reason(Pause("a", std::string(65, 'x'))), "ARGUMENT_INVALID");
  Stop();
  Start();
  EXPECT_EQ(Pause("a", "id-1")->changed_trials(), 2) << "a restart forgets nothing";
  EXPECT_EQ(Sweep("a").state(), v1::Sweep::STATE_RUNNING);
}

TEST_F(ControlServiceTest, AnAnswerToCreateSweepIsRememberedAsItWas) {
  v1::CreateSweepRequest request;
  request.set_spec_text(fixtures::SweepFile({.name = "a"}));
  request.set_request_id("id-1");
  for (int i = 0; i < 2; ++i) {
    const auto answer =
        Call<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, request);
    ADARES_ASSERT_OK(answer);
    EXPECT_FALSE(answer->already_existed());
  }
  EXPECT_THAT(Trials("a"), SizeIs(2));
}

TEST_F(ControlServiceTest, TrialsArePickedByNameStateSeedAndAxis) {
  Create({.name = "a", .granularities = {"none", "stage"}, .seeds = {3, 4}});
  const auto trials = Trials("a");
  auto request = Request("a", v1::ControlTrialsRequest::ACTION_CANCEL);
  request.mutable_filter()->add_seeds(4);
  (*request.mutable_filter()->mutable_axes())["granularity"] = "stage";
  EXPECT_THAT(Control(request)->changed(), ElementsAre(trials[3].name()));

  request = Request("a", v1::ControlTrialsRequest::ACTION_RETRY);
  request.mutable_filter()->add_states(v1::Trial::STATE_CANCELLED);
  EXPECT_THAT(Control(request)->changed(), ElementsAre(trials[3].name()));

  request = Request("a", v1::ControlTrialsRequest::ACTION_RETRY);
  request.mutable_filter()->add_trials(trials[0].name());
  const auto refused = Control(request);
  ADARES_ASSERT_OK(refused);
  EXPECT_THAT(refused->changed(), IsEmpty());
  ASSERT_THAT(refused->refused(), SizeIs(1));
  EXPECT_EQ(refused->refused(0).trial(), trials[0].name());
  EXPECT_EQ(refused->refused(0).reason(), "STATE_CONFLICT");

  request = Request("a", v1::ControlTrialsRequest::ACTION_PAUSE);
  request.mutable_filter()->add_trials(trials[0].name());
  request.set_request_id("id-2");
  EXPECT_THAT(Control(request)->changed(), SizeIs(1));
  EXPECT_THAT(Control(request)->changed(), SizeIs(1)) << "the remembered answer";
  request.clear_request_id();
  EXPECT_EQ(Control(request)->unchanged_count(), 1);
}

TEST_F(ControlServiceTest, RequestsThatMeanNothingAreRefused) {
  Create({.name = "a"});
  EXPECT_EQ(Reason(Control(Request("a", v1::ControlTrialsRequest::ACTION_PAUSE))),
            "ARGUMENT_INVALID")
      << "no filter";
  auto request = Request("a", v1::ControlTrialsRequest::ACTION_UNSPECIFIED);
  request.mutable_filter()->add_seeds(0);
  EXPECT_EQ(Reason(Control(request)), "ARGUMENT_INVALID") << "no action";
  request = Request("a", v1::ControlTrialsRequest::ACTION_PAUSE);
  request.mutable_filter()->add_trials("sweeps/b/trials/0123456789ab");
  EXPECT_EQ(Reason(Control(request)), "ARGUMENT_INVALID") << "a trial of another sweep";
  request.set_from_scratch(true);
  request.mutable_filter()->set_trials(0, "sweeps/a/trials/0123456789ab");
  EXPECT_EQ(Reason(Control(request)), "ARGUMENT_INVALID") << "only retries begin from scratch";
  request.set_from_scratch(false);
  EXPECT_EQ(Reason(Control(request)), "TRIAL_NOT_FOUND");
  request.mutable_filter()->clear_trials();
  request.mutable_filter()->add_states(static_cast<v1::Trial::State>(99));
  EXPECT_EQ(Reason(Control(request)), "ARGUMENT_INVALID");
}

TEST_F(ControlServiceTest, ACordonedWorkerIsListedAsOneAndGetsNothing) {
  ScriptedWorker worker(channel_, "w1", "i1");
  ADARES_ASSERT_OK(worker.Register());
  v1::CordonWorkerRequest request;
  request.set_name("workers/w1");
  request.set_reason("its fan is loud");
  ADARES_ASSERT_OK(
      Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::CordonWorker, request));
  Create({.name = "a"});
  EXPECT_TRUE(worker.Sync()->start().empty());
  const auto listed = Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::ListWorkers,
                                              v1::ListWorkersRequest());
  EXPECT_EQ(listed->workers(0).cordon_reason(), "its fan is loud");
  EXPECT_TRUE(listed->workers(0).has_cordon_time());
  EXPECT_EQ(Sweep("a").pending(0).cause(), v1::PendingReason::CAUSE_CORDONED);

  auto held = worker.HoldSync();
  v1::UncordonWorkerRequest back;
  back.set_name("workers/w1");
  ADARES_ASSERT_OK(
      Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::UncordonWorker, back));
  EXPECT_EQ(held.get()->start_size(), 1) << "it is woken";
  back.set_name("workers/w9");
  EXPECT_EQ(
      Reason(Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::UncordonWorker, back)),
      "WORKER_NOT_FOUND");
}

}  // namespace
}  // namespace adares
