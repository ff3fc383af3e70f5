#include "tests/integration/server_fixture.h"

#include <utility>

#include "rpc/channel.h"
#include "rpc/names.h"

namespace adares {

std::unique_ptr<grpc::ClientContext> NewContext() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + kCallDeadline);
  context->set_wait_for_ready(true);
  return context;
}

void ServerTest::Start() {
  auto server = Server::Start(config_);
  ADARES_ASSERT_OK(server);
  server_ = *std::move(server);
  if (channel_ == nullptr) channel_ = MakeChannel(server_->address());
}

void ServerTest::Stop() { server_.reset(); }

absl::StatusOr<v1::CreateSweepResponse> ServerTest::Submit(const std::string& text) {
  v1::CreateSweepRequest request;
  request.set_spec_text(text);
  return Call<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, request);
}

void ServerTest::BeginNow(const std::string& trial) {
  v1::ControlTrialsRequest request;
  request.set_parent(trial.substr(0, trial.find("/trials/")));
  request.set_action(v1::ControlTrialsRequest::ACTION_RESUME);
  request.mutable_filter()->add_trials(trial);
  const auto answer =
      Call<v1::TrialService>(channel_, &v1::TrialService::Stub::ControlTrials, request);
  ADARES_ASSERT_OK(answer);
  EXPECT_EQ(answer->changed_size(), 1) << trial;
}

absl::StatusOr<v1::CancelSweepResponse> ServerTest::Cancel(const std::string& resource) {
  v1::CancelSweepRequest request;
  request.set_name(resource);
  return Call<v1::SweepService>(channel_, &v1::SweepService::Stub::CancelSweep, request);
}

v1::Sweep ServerTest::Create(const fixtures::SmallSweep& sweep) {
  const auto response = Submit(fixtures::SweepFile(sweep));
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? response->sweep() : v1::Sweep();
}

v1::Sweep ServerTest::Sweep(const std::string& sweep) {
  v1::GetSweepRequest request;
  request.set_name(SweepResource(sweep));
  const auto response =
      Call<v1::SweepService>(channel_, &v1::SweepService::Stub::GetSweep, request);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? response->sweep() : v1::Sweep();
}

std::vector<v1::Trial> ServerTest::Trials(const std::string& sweep) {
  v1::ListTrialsRequest request;
  request.set_parent(SweepResource(sweep));
  const auto response =
      Call<v1::TrialService>(channel_, &v1::TrialService::Stub::ListTrials, request);
  EXPECT_TRUE(response.ok()) << response.status();
  if (!response.ok()) return {};
  return {response->trials().begin(), response->trials().end()};
}

v1::Trial ServerTest::Trial(const std::string& resource) {
  v1::GetTrialRequest request;
  request.set_name(resource);
  const auto response =
      Call<v1::TrialService>(channel_, &v1::TrialService::Stub::GetTrial, request);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? response->trial() : v1::Trial();
}

std::vector<v1::MetricPoint> ServerTest::Points(const std::string& trial) {
  v1::QueryMetricsRequest request;
  request.set_trial(trial);
  const auto response =
      Call<v1::AnalysisService>(channel_, &v1::AnalysisService::Stub::QueryMetrics, request);
  EXPECT_TRUE(response.ok()) << response.status();
  if (!response.ok()) return {};
  return {response->points().begin(), response->points().end()};
}

fixtures::HttpAnswer ServerTest::Get(const std::string& path) const {
  return fixtures::HttpGet(server_->http_address(), path);
}

double ServerTest::Metric(const std::string& name, const std::string& labels) const {
  return fixtures::MetricSum(Get("/metrics").body, name, labels);
}

}  // namespace adares
