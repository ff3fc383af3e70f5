// A real server in this process, with a real database in a folder of its own, and real channels to
// it over a Unix socket.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adares/v1/analysis_service.grpc.pb.h"
#include "adares/v1/sweep_service.grpc.pb.h"
#include "adares/v1/trial_service.grpc.pb.h"
#include "adares/v1/worker_service.grpc.pb.h"
#include "core/status.h"
#include "rpc/grpc_status.h"
#include "server/server.h"
#include "tests/fixtures/http_get.h"
#include "tests/fixtures/small_sweep.h"
#include "tests/fixtures/temp_folder.h"

namespace adares {

// No call of a test takes as long; one that does has failed.
inline constexpr std::chrono::seconds kCallDeadline{45};

// A context with that deadline, for calls that also wait for a server that restarts.
std::unique_ptr<grpc::ClientContext> NewContext();

// One unary call: Call<v1::SweepService>(channel, &v1::SweepService::Stub::GetSweep, request).
template <typename Service, typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(const std::shared_ptr<grpc::Channel>& channel,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  const auto stub = Service::NewStub(channel);
  const auto context = NewContext();
  Response response;
  const grpc::Status status = (stub.get()->*method)(context.get(), request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

class ServerTest : public testing::Test {
 protected:
  void SetUp() override { Start(); }
  void TearDown() override { Stop(); }

  // On the same folder and address each time.
  void Start();
  void Stop();

  // Calls that must succeed.
  v1::Sweep Create(const fixtures::SmallSweep& sweep);
  v1::Sweep Sweep(const std::string& sweep);
  std::vector<v1::Trial> Trials(const std::string& sweep);
  v1::Trial Trial(const std::string& resource);
  std::vector<v1::MetricPoint> Points(const std::string& trial);

  absl::StatusOr<v1::CreateSweepResponse> Submit(const std::string& text);
  absl::StatusOr<v1::CancelSweepResponse> Cancel(const std::string& resource);

  // Lets a trial that waits for its next attempt have it at once.
  void BeginNow(const std::string& trial);

  fixtures::HttpAnswer Get(const std::string& path) const;
  // The sum of a metric's series whose labels hold the text.
  double Metric(const std::string& name, const std::string& labels = "") const;

  fixtures::TempFolder folder_;
  ServerConfig config_ = {.state_dir = folder_ / "state",
                          .listen = "unix:" + (folder_ / "socket"),
                          .http = "127.0.0.1:0",
                          .insecure = false,
                          .readers = 2,
                          .lease = {}};
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// Of an answer that was refused.
template <typename Response>
std::string Reason(const absl::StatusOr<Response>& answer) {
  return ErrorReason(answer.status());
}

#define ADARES_ASSERT_OK(expression)                                      \
  do {                                                                    \
    const absl::Status assert_ok_status = adares::StatusOf((expression)); \
    ASSERT_TRUE(assert_ok_status.ok()) << assert_ok_status.ToString();    \
  } while (false)

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace adares
