// A server of its own process under hostile load: its memory stays within bounds, and others are
// served meanwhile.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <fstream>

#include "rpc/channel.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/program.h"
#include "tests/integration/raw_calls.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using fixtures::Program;

constexpr int64_t kMiB = 1 << 20;

class FloodTest : public ServerTest {
 protected:
  void SetUp() override {
    program_ = std::make_unique<Program>(Program::Options{
        .path = ADARES_SERVER_PROGRAM,
        .arguments = {"--state", config_.state_dir, "--listen", config_.listen, "--http", "none"},
        .log = folder_ / "server"});
    channel_ = MakeChannel(config_.listen);
    Create({.name = "a", .granularities = {"none"}, .seeds = {0, 1}});
    worker_ = std::make_unique<ScriptedWorker>(channel_, "w", "i");
    ADARES_ASSERT_OK(worker_->Register());
    attempt_ = worker_->TakeOne();
  }
  void TearDown() override { program_.reset(); }

  // That is in memory now.
  int64_t ServerBytes() const {
    std::ifstream file("/proc/" + std::to_string(program_->pid()) + "/statm");
    int64_t size = 0;
    int64_t resident = 0;
    file >> size >> resident;
    return resident * sysconf(_SC_PAGESIZE);
  }

  std::unique_ptr<Program> program_;
  std::unique_ptr<ScriptedWorker> worker_;
  v1::Assignment attempt_;
};

// Millions of records without content.
std::string HollowReport(const std::string& trial, int attempt, int64_t size) {
  v1::ReportRequest head;
  head.set_worker("w");
  head.set_instance("i");
  head.set_trial(trial);
  head.set_first_sequence(1);
  head.set_attempt(attempt);
  std::string bytes = head.SerializeAsString();
  while (static_cast<int64_t>(bytes.size()) < size - 2) bytes += std::string("\x32\x00", 2);
  return bytes;
}

// Of an attempt that it does not hold and then of one that it does.
TEST_F(FloodTest, AReportCostsNoMoreThanItsBytes) {
  const int64_t before = ServerBytes();
  for (const int attempt : {7, 1}) {
    RawReport report(channel_);
    ASSERT_TRUE(report.Send(HollowReport(attempt_.trial(), attempt, 16 * kMiB)));
    const auto answer = report.Answer();
    ADARES_ASSERT_OK(answer);
    EXPECT_EQ(answer->refused().reason(), attempt == 7 ? "LEASE_LOST" : "ARGUMENT_INVALID");
  }
  EXPECT_LT(ServerBytes() - before, 100 * kMiB);
}

TEST_F(FloodTest, StreamsHoldNothingOfWhatWasAnswered) {
  const std::string report = HollowReport(attempt_.trial(), 7, 15 * kMiB);
  const int64_t before = ServerBytes();
  std::deque<RawReport> idle;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(idle.emplace_back(channel_).Send(report));
    const auto answer = idle.back().Answer();
    ADARES_ASSERT_OK(answer);
    EXPECT_EQ(answer->refused().reason(), "LEASE_LOST");
  }
  EXPECT_LT(ServerBytes() - before, 200 * kMiB);
}

struct PendingCall {
  std::unique_ptr<grpc::ClientContext> context = NewContext();
  v1::ListTrialsRequest request;
  v1::ListTrialsResponse response;
};

TEST_F(FloodTest, CallsBeyondWhatItCanDoAreRefusedAndOthersServed) {
  constexpr int kCalls = 10'000;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  std::vector<std::unique_ptr<v1::TrialService::Stub>> stubs;
  for (int i = 0; i < 4; ++i) {
    stubs.push_back(v1::TrialService::NewStub(
        grpc::CreateCustomChannel(config_.listen, grpc::InsecureChannelCredentials(), arguments)));
  }
  const int64_t before = ServerBytes();
  std::deque<PendingCall> calls(kCalls);
  std::atomic<int> answered = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> strange = 0;
  for (int i = 0; i < kCalls; ++i) {
    PendingCall& call = calls[static_cast<size_t>(i)];
    call.request.set_parent("sweeps/a");
    stubs[static_cast<size_t>(i) % stubs.size()]->async()->ListTrials(
        call.context.get(), &call.request, &call.response, [&](const grpc::Status& status) {
          const bool is_refusal = ErrorReason(FromGrpcStatus(status)) == reason::kOverloaded;
          if (is_refusal) ++refused;
          if (!status.ok() && !is_refusal) ++strange;
          ++answered;
        });
  }
  ADARES_ASSERT_OK(worker_->Sync());  // a worker renews its lease meanwhile
  EXPECT_TRUE(fixtures::Await([&] { return answered == kCalls; })) << answered;
  EXPECT_EQ(strange, 0) << "each is answered, or told to come again";
  EXPECT_LT(ServerBytes() - before, 200 * kMiB);
  EXPECT_EQ(Trials("a").size(), 2U);
}

// Watchers that read nothing: each costs the server a message.
TEST_F(FloodTest, WatchersThatTakeNothingCostLittle) {
  Reports reports(channel_, *worker_);
  const std::vector<std::string> lines(240, std::string(4'000, 'x'));
  for (int part = 0; part < 20; ++part) {
    ASSERT_EQ(reports.Acknowledged(attempt_, part + 1, {LogRecord(part * 240 + 1, lines)}),
              part + 1);
  }
  const int64_t before = ServerBytes();
  const auto stub = v1::TrialService::NewStub(channel_);
  v1::TailLogsRequest request;
  request.set_name(attempt_.trial());
  request.set_follow(true);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::TailLogsResponse>>> tails;
  for (int i = 0; i < 20; ++i) {
    contexts.push_back(NewContext());
    tails.push_back(stub->TailLogs(contexts.back().get(), request));
  }
  v1::TailLogsResponse message;
  for (const auto& tail : tails) ASSERT_TRUE(tail->Read(&message)) << "each has begun";
  ASSERT_EQ(reports.Acknowledged(attempt_, 21, {LogRecord(20 * 240 + 1, lines)}), 21)
      << "work goes on";
  EXPECT_LT(ServerBytes() - before, 20 * 12 * kMiB);
  for (const auto& context : contexts) context->TryCancel();
  for (const auto& tail : tails) {
    while (tail->Read(&message)) {
    }
    tail->Finish();
  }
}

}  // namespace
}  // namespace adares
