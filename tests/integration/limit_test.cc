// What the server does with requests that are too much, and with streams whose other end does
// nothing.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/fixtures/await.h"
#include "tests/integration/raw_calls.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using testing::HasSubstr;

// "FIELD: DESCRIPTION" of the violation that the server tells; empty where it tells none.
template <typename Service, typename Stub, typename Request, typename Response>
std::string Violation(const std::shared_ptr<grpc::Channel>& channel,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
  const auto stub = Service::NewStub(channel);
  const auto context = NewContext();
  Response response;
  const grpc::Status status = (stub.get()->*method)(context.get(), request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  google::rpc::Status rich;
  rich.ParseFromString(status.error_details());
  google::rpc::BadRequest bad;
  for (const auto& detail : rich.details()) {
    if (!detail.UnpackTo(&bad) || bad.field_violations_size() != 1) continue;
    return absl::StrCat(bad.field_violations(0).field(), ": ",
                        bad.field_violations(0).description());
  }
  return "";
}

using RequestLimitTest = ServerTest;

TEST_F(RequestLimitTest, RefusalsNameTheField) {
  v1::CreateSweepRequest create;
  create.set_spec_text("name: a\nbase:\n  data: {epoch: 3}\n");
  EXPECT_THAT(Violation<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, create),
              testing::StartsWith("spec_text: sweep:"));
  auto* change = create.add_overrides();
  create.set_spec_text(fixtures::SweepFile({.name = "a"}));
  change->set_path("train.nonsense");
  change->set_value("1");
  EXPECT_THAT(Violation<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, create),
              testing::StartsWith("overrides: --set train.nonsense=1"));
  v1::ListSweepsRequest list;
  list.set_page_token("nonsense");
  EXPECT_THAT(Violation<v1::SweepService>(channel_, &v1::SweepService::Stub::ListSweeps, list),
              testing::StartsWith("page_token: "));
  list.set_page_size(-1);
  EXPECT_THAT(Violation<v1::SweepService>(channel_, &v1::SweepService::Stub::ListSweeps, list),
              testing::StartsWith("page_size: "));
  v1::ListTrialsRequest trials;
  trials.set_parent("nonsense");
  EXPECT_THAT(Violation<v1::TrialService>(channel_, &v1::TrialService::Stub::ListTrials, trials),
              testing::StartsWith("parent: malformed resource name"));
  v1::PauseSweepRequest pause;
  pause.set_name("sweeps/a");
  pause.set_request_id("no spaces");
  EXPECT_THAT(Violation<v1::SweepService>(channel_, &v1::SweepService::Stub::PauseSweep, pause),
              testing::StartsWith("request_id: "));
}

TEST_F(RequestLimitTest, ARegistrationHasLimits) {
  v1::RegisterWorkerRequest request;
  request.set_worker("w");
  request.set_instance("i");
  request.set_slots(1);
  const auto violation = [&] {
    return Violation<v1::WorkerService>(channel_, &v1::WorkerService::Stub::RegisterWorker,
                                        request);
  };
  const std::string long_text(201, 'x');
  request.set_hostname(long_text);
  EXPECT_THAT(violation(), testing::StartsWith("hostname: "));
  request.set_hostname("");
  request.set_version(long_text);
  EXPECT_THAT(violation(), testing::StartsWith("version: "));
  request.set_version("");
  request.set_device(long_text);
  EXPECT_THAT(violation(), testing::StartsWith("device: "));
  request.set_device("");
  request.set_instance(long_text);
  EXPECT_THAT(violation(), testing::StartsWith("instance: "));
  request.set_instance("i");
  request.set_slots(0);
  EXPECT_THAT(violation(), testing::StartsWith("slots: "));
  request.set_slots(1);
  ADARES_ASSERT_OK(
      Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::RegisterWorker, request));
}

TEST_F(RequestLimitTest, CountsHaveLimits) {
  v1::SyncRequest sync;
  for (int i = 0; i < 10'001; ++i) sync.add_attempts()->set_trial("sweeps/a/trials/0123456789ab");
  EXPECT_THAT(Violation<v1::WorkerService>(channel_, &v1::WorkerService::Stub::Sync, sync),
              HasSubstr("attempts: at most"));
  v1::CreateSweepRequest create;
  for (int i = 0; i < 1'001; ++i) create.add_overrides();
  EXPECT_THAT(Violation<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, create),
              HasSubstr("overrides: at most"));
  v1::QueryMetricsRequest query;
  query.set_trial("sweeps/a/trials/0123456789ab");
  for (int i = 0; i < 1'001; ++i) query.add_keys("loss");
  EXPECT_THAT(
      Violation<v1::AnalysisService>(channel_, &v1::AnalysisService::Stub::QueryMetrics, query),
      HasSubstr("keys: at most"));
  v1::ControlTrialsRequest control;
  control.set_parent("sweeps/a");
  control.set_action(v1::ControlTrialsRequest::ACTION_PAUSE);
  for (int i = 0; i < 101; ++i) control.mutable_filter()->add_states(v1::Trial::STATE_QUEUED);
  EXPECT_THAT(
      Violation<v1::TrialService>(channel_, &v1::TrialService::Stub::ControlTrials, control),
      HasSubstr("filter.states: at most"));
}

class StuckStreamTest : public ServerTest {
 protected:
  void SetUp() override {
    config_.patience = std::chrono::milliseconds(200);
    config_.max_streams = 3;
    ServerTest::SetUp();
    Create({.name = "a", .granularities = {"none"}});
    worker_ = std::make_unique<ScriptedWorker>(channel_, "w", "i");
    ADARES_ASSERT_OK(worker_->Register());
    attempt_ = worker_->TakeOne();
  }

  v1::BlobUpload Of(const std::string& content) const {
    return UploadOf(*worker_, attempt_, content);
  }

  std::unique_ptr<ScriptedWorker> worker_;
  v1::Assignment attempt_;
};

TEST_F(StuckStreamTest, AnUploadThatStallsIsEndedAndGoesOnLater) {
  const std::string content(300'000, 'c');
  RawUpload stalled(channel_);
  ASSERT_TRUE(stalled.Begin(Of(content)));
  ASSERT_TRUE(stalled.Send(content.substr(0, 100'000)));
  const grpc::Status ended = stalled.End();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ended.error_message(), "nothing more of the upload came; begin it again")
      << "it is the server that ends it";
  v1::GetUploadRequest ask;
  *ask.mutable_upload() = Of(content);
  const auto known = Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::GetUpload, ask);
  ADARES_ASSERT_OK(known);
  EXPECT_EQ(known->received_bytes(), 100'000);
}

TEST_F(StuckStreamTest, ADownloadThatIsNotTakenIsCutOff) {
  const std::string content(64 << 20, 'c');
  RawUpload upload(channel_);
  upload.Begin(Of(content));
  for (int i = 0; i < 64; ++i) upload.Send(content.substr(0, 1 << 20));
  ADARES_ASSERT_OK(upload.Finish());
  const auto stub = v1::WorkerService::NewStub(channel_);
  v1::DownloadBlobRequest request;
  request.set_sha256(Sha256Hex(content));
  const auto context = NewContext();
  const auto download = stub->DownloadBlob(context.get(), request);
  EXPECT_TRUE(fixtures::Await([&] {
    return Metric("grpc_server_handled_total", "grpc_method=\"DownloadBlob\"") == 1;
  })) << "the server does not wait for the client";
  v1::DownloadBlobResponse response;
  while (download->Read(&response)) {
  }
  EXPECT_EQ(download->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(StuckStreamTest, AReaderOfLogsThatTakesNothingIsGivenUp) {
  Reports reports(channel_, *worker_);
  const std::vector<std::string> lines(240, std::string(4'000, 'x'));
  for (int part = 0; part < 40; ++part) {
    ASSERT_EQ(reports.Acknowledged(attempt_, part + 1, {LogRecord(part * 240 + 1, lines)}),
              part + 1);
  }
  const auto stub = v1::TrialService::NewStub(channel_);
  v1::TailLogsRequest request;
  request.set_name(attempt_.trial());
  request.set_follow(true);
  const auto context = NewContext();
  const auto tail = stub->TailLogs(context.get(), request);
  EXPECT_TRUE(fixtures::Await(
      [&] { return Metric("grpc_server_handled_total", "grpc_method=\"TailLogs\"") == 1; }));
  EXPECT_EQ(Sweep("a").trial_counts().running(), 1) << "others are served";
}

TEST_F(StuckStreamTest, StreamsBeyondTheLimitAreRefusedWithAdvice) {
  const auto stub = v1::SweepService::NewStub(channel_);
  v1::WatchSweepRequest request;
  request.set_name("sweeps/a");
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchSweepResponse>>> watches;
  v1::WatchSweepResponse message;
  for (int i = 0; i < 4; ++i) {
    contexts.push_back(NewContext());
    watches.push_back(stub->WatchSweep(contexts.back().get(), request));
    EXPECT_EQ(watches.back()->Read(&message), i < 3);
  }
  const absl::Status refused = FromGrpcStatus(watches[3]->Finish());
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(refused), reason::kOverloaded);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("try again"));
  contexts[0]->TryCancel();
  EXPECT_TRUE(fixtures::Await([&] { return Metric("adares_watch_streams") == 2; }));
  const auto context = NewContext();
  EXPECT_TRUE(stub->WatchSweep(context.get(), request)->Read(&message)) << "there is room again";
  context->TryCancel();
}

class ConnectionLimitTest : public ServerTest {
 protected:
  using Watch = grpc::ClientReader<v1::WatchSweepResponse>;

  void SetUp() override {
    config_.max_calls_per_connection = 3;
    ServerTest::SetUp();
    Create({.name = "a", .granularities = {"none"}});
    stub_ = v1::SweepService::NewStub(channel_);
  }

  std::unique_ptr<Watch> Begin(grpc::ClientContext& context) const {
    v1::WatchSweepRequest request;
    request.set_name("sweeps/a");
    return stub_->WatchSweep(&context, request);
  }

  std::unique_ptr<v1::SweepService::Stub> stub_;
};

TEST_F(ConnectionLimitTest, CallsBeyondTheLimitWaitForTheirTurn) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Watch>> watches;
  v1::WatchSweepResponse message;
  for (int i = 0; i < 3; ++i) {
    contexts.push_back(NewContext());
    watches.push_back(Begin(*contexts.back()));
    ASSERT_TRUE(watches.back()->Read(&message));
  }
  grpc::ClientContext impatient;
  impatient.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  const auto refused = Begin(impatient);
  EXPECT_FALSE(refused->Read(&message)) << "it has no turn before it is over";
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(Metric("grpc_server_started_total", "grpc_method=\"WatchSweep\""), 3);

  contexts[0]->TryCancel();
  const auto context = NewContext();
  EXPECT_TRUE(Begin(*context)->Read(&message)) << "one turn is free";
  for (const auto& open : contexts) open->TryCancel();
  context->TryCancel();
}

}  // namespace
}  // namespace adares
