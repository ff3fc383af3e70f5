// What the server offers to monitoring and to tools: health, reflection, and its HTTP pages.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <regex>
#include <sstream>
#include <utility>

#include "tests/fixtures/program.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

// A call whose messages are given and taken as bytes: Debian ships no headers of these services.
absl::StatusOr<std::string> RawCall(const std::shared_ptr<grpc::Channel>& channel,
                                    const std::string& method, const std::string& request) {
  grpc::GenericStub stub(channel);
  const auto context = NewContext();
  const grpc::Slice slice(request);
  const grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  std::promise<grpc::Status> done;
  stub.UnaryCall(context.get(), method, {}, &sent, &received,
                 [&done](const grpc::Status& status) { done.set_value(status); });
  const grpc::Status status = done.get_future().get();
  if (!status.ok()) return FromGrpcStatus(status);
  grpc::Slice bytes;
  if (!received.DumpToSingleSlice(&bytes).ok()) return absl::InternalError("no bytes");
  return std::string(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
}

class ServingTest : public ServerTest {
 protected:
  void GetTrial(const std::string& resource) {
    v1::GetTrialRequest request;
    request.set_name(resource);
    Call<v1::TrialService>(channel_, &v1::TrialService::Stub::GetTrial, request)
        .status()
        .IgnoreError();
  }

  // A sweep with a trial that runs and one that waits, and some reports.
  void MakeSomeHistory() {
    Create({.name = "history", .granularities = {"none"}, .seeds = {0, 1}});
    ScriptedWorker worker(channel_, "w", "i");
    ADARES_ASSERT_OK(worker.Register());
    const v1::Assignment attempt = worker.TakeOne();
    Reports reports(channel_, worker);
    EXPECT_EQ(
        reports.Acknowledged(attempt, 1, {PointRecord("loss", 1, 3), PointRecord("loss", 1, 3)}),
        2);
  }
};

TEST_F(ServingTest, HealthIsServing) {
  // HealthCheckRequest of no service; HealthCheckResponse with field 1 = SERVING (1).
  const auto answer = RawCall(channel_, "/grpc.health.v1.Health/Check", "");
  ADARES_ASSERT_OK(answer);
  EXPECT_EQ(*answer, std::string("\x08\x01"));
}

TEST_F(ServingTest, EveryServiceHasItsHealth) {
  const auto check = [this](const std::string& service) {
    // Field 1, a string.
    return RawCall(channel_, "/grpc.health.v1.Health/Check",
                   std::string("\x0a") + static_cast<char>(service.size()) + service);
  };
  for (const char* service :
       {"adares.v1.SweepService", "adares.v1.TrialService", "adares.v1.AnalysisService",
        "adares.v1.WorkerService", "adares.v1.AdminService"}) {
    const auto answer = check(service);
    ADARES_ASSERT_OK(answer);
    EXPECT_EQ(*answer, std::string("\x08\x01")) << service;
  }
  EXPECT_EQ(check("adares.v1.Nothing").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ServingTest, ReflectionListsTheServices) {
  // ServerReflectionRequest with field 7 = "*": list the services.
  const auto answer =
      RawCall(channel_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              std::string("\x3a\x01*"));
  ADARES_ASSERT_OK(answer);
  for (const char* service :
       {"adares.v1.SweepService", "adares.v1.TrialService", "adares.v1.AnalysisService",
        "adares.v1.WorkerService", "adares.v1.AdminService", "grpc.health.v1.Health"}) {
    EXPECT_NE(answer->find(service), std::string::npos) << service;
  }
}

TEST_F(ServingTest, AnUnknownMethodIsUnimplemented) {
  const auto answer = RawCall(channel_, "/adares.v1.SweepService/Nothing", "");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(ServingTest, PagesAnswer) {
  EXPECT_EQ(Get("/healthz").code, 200);
  EXPECT_EQ(Get("/readyz").code, 200);
  EXPECT_EQ(Get("/").code, 200);
  EXPECT_EQ(Get("/metrics").code, 200);
  EXPECT_EQ(Get("/nothing").code, 404);
}

TEST_F(ServingTest, ReadinessEndsWhenTheServerDrainsAndHealthDoesNot) {
  server_->Drain();
  const auto ready = Get("/readyz");
  EXPECT_EQ(ready.code, 503);
  EXPECT_NE(ready.body.find("draining: yes"), std::string::npos) << ready.body;
  EXPECT_EQ(Get("/healthz").code, 200);
  // HealthCheckResponse with field 1 = NOT_SERVING (2).
  EXPECT_EQ(*RawCall(channel_, "/grpc.health.v1.Health/Check", ""), std::string("\x08\x02"));
}

TEST_F(ServingTest, ReportStreamsEndWithAWordWhenTheServerStops) {
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  Reports reports(channel_, worker);
  v1::Assignment nothing;
  nothing.set_trial("sweeps/a/trials/000000000000");
  nothing.set_attempt(1);
  ASSERT_EQ(reports.Refused(nothing, 1, {}), "LEASE_LOST");
  Stop();
  EXPECT_EQ(ErrorReason(reports.End()), "DRAINING");
}

TEST_F(ServingTest, AddressesThatOthersReachNeedTheOperatorsWord) {
  Stop();
  config_.http = "0.0.0.0:0";
  const auto open_pages = Server::Start(config_);
  EXPECT_NE(open_pages.status().message().find("--http 0.0.0.0:0"), std::string::npos);
  config_.insecure = true;
  ADARES_ASSERT_OK(Server::Start(config_));
  config_.http = "unix:" + (folder_ / "pages");
  const auto socket_pages = Server::Start(config_);
  EXPECT_NE(socket_pages.status().message().find("expected HOST:PORT, or none"), std::string::npos);
}

TEST_F(ServingTest, MetricsCountWhatHappens) {
  MakeSomeHistory();
  EXPECT_EQ(Metric("adares_trials", "queued"), 1);
  EXPECT_EQ(Metric("adares_trials", "running"), 1);
  EXPECT_EQ(Metric("adares_sweeps", "running"), 1);
  EXPECT_EQ(Metric("adares_trials_created_total"), 2);
  EXPECT_EQ(Metric("adares_leases_granted_total"), 1);
  EXPECT_EQ(Metric("adares_workers", "busy"), 1);
  EXPECT_EQ(Metric("adares_worker_slots", "busy"), 1);
  EXPECT_EQ(Metric("adares_metric_points_written_total"), 1);
  EXPECT_GT(Metric("adares_db_bytes"), 0);
  EXPECT_EQ(Metric("grpc_server_handled_total", "grpc_code=\"OK\",grpc_method=\"CreateSweep\""), 1);
  EXPECT_EQ(Metric("grpc_server_handling_seconds_count", "grpc_method=\"CreateSweep\""), 1);
  EXPECT_EQ(Metric("grpc_server_started_total", "grpc_method=\"Report\""), 1);
  EXPECT_EQ(Metric("grpc_server_msg_received_total", "grpc_method=\"Report\""), 1);
  EXPECT_EQ(Metric("grpc_server_msg_sent_total", "grpc_method=\"Report\""), 1);
  GetTrial("sweeps/none/trials/000000000000");
  EXPECT_EQ(Metric("grpc_server_handled_total", "grpc_code=\"NOT_FOUND\""), 1)
      << "codes are spelled as the dashboard spells them";
  ASSERT_EQ(Get("/nothing").code, 404);
  EXPECT_EQ(Metric("adares_http_requests_total", "handler=\"other\""), 1);
}

TEST_F(ServingTest, EveryMetricOfTheCatalogueIsThere) {
  MakeSomeHistory();
  ASSERT_EQ(Get("/healthz").code, 200);  // requests are counted once they are answered
  const std::string metrics = Get("/metrics").body;
  std::istringstream catalogue(
      fixtures::ReadTextFile(std::string(ADARES_SOURCE_DIR) + "/docs/metrics.md"));
  const std::regex row(R"(^\| `([a-z_]+)` \| (gauge|counter|histogram) \|.*)");
  int rows = 0;
  for (std::string line; std::getline(catalogue, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    ++rows;
    const std::string type = "# TYPE " + match[1].str() + " " + match[2].str() + "\n";
    EXPECT_NE(metrics.find(type), std::string::npos) << type;
  }
  EXPECT_GE(rows, 20);
}

TEST_F(ServingTest, NoStateFolderIsMadeForAServerThatCannotListen) {
  ServerConfig second = config_;
  second.state_dir = folder_ / "second";
  second.http = server_->http_address();
  EXPECT_EQ(Server::Start(second).status().code(), absl::StatusCode::kUnavailable);
  second.listen = std::exchange(second.http, "none");
  EXPECT_EQ(Server::Start(second).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(second.state_dir));
}

TEST_F(ServingTest, PrometheusCanReadTheMetrics) {
  if (std::string(ADARES_PROMTOOL).empty()) GTEST_SKIP() << "promtool is not installed";
  MakeSomeHistory();
  const std::string file = folder_ / "metrics.txt";
  fixtures::WriteTextFile(file, Get("/metrics").body);
  fixtures::Program promtool(
      {.path = "/bin/sh",
       .arguments = {"-c", std::string(ADARES_PROMTOOL) + " check metrics <" + file},
       .log = folder_ / "promtool"});
  const auto end = promtool.AwaitEnd();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, 0) << promtool.Output() << promtool.Errors();
}

}  // namespace
}  // namespace adares
