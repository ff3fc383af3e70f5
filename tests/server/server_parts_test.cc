// Addresses, the state folder and the metrics of the server.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "core/status.h"
#include "server/listen_address.h"
#include "server/metrics/server_metrics.h"
#include "server/state_folder.h"
#include "tests/fixtures/temp_folder.h"

namespace adares {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ListenAddressTest, LoopbackAndUnixSocketsNeedNoFlag) {
  for (const char* address :
       {"127.0.0.1:7070", "127.0.0.1:0", "localhost:1", "[::1]:7070", "unix:/tmp/x.sock"}) {
    EXPECT_TRUE(CheckListenAddress("--listen", address, false).ok()) << address;
  }
}

TEST(ListenAddressTest, AddressesOfOthersNeedTheOperatorsWord) {
  for (const char* address : {"0.0.0.0:7070", "[::]:7070", "192.0.2.7:7070", "gpu-host:7070"}) {
    const absl::Status refused = CheckListenAddress("--listen", address, false);
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << address;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("--insecure"));
    EXPECT_TRUE(CheckListenAddress("--listen", address, true).ok());
  }
}

TEST(ListenAddressTest, MalformedAddressesAreRefused) {
  for (const char* address :
       {"", "7070", ":7070", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70700"}) {
    EXPECT_EQ(CheckListenAddress("--listen", address, true).code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
  EXPECT_FALSE(CheckListenAddress("--listen", "unix:/" + std::string(200, 'x'), true).ok());
}

// A socket on some port of the loopback address, which it does not share.
class TakenPort {
 public:
  TakenPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, generic, size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    EXPECT_EQ(getsockname(fd_, generic, &size), 0);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  ~TakenPort() { close(fd_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  const std::string& port() const { return port_; }

 private:
  const int fd_;
  std::string port_;
};

TEST(ListenAddressTest, WhatCannotBeListenedOnIsFoundAndWhatCanIsLeft) {
  fixtures::TempFolder folder;
  std::string port;
  {
    const TakenPort taken;
    port = taken.port();
    const absl::Status refused = CheckCanListen("--http", "127.0.0.1:" + port);
    EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(refused.message()),
                HasSubstr("--http 127.0.0.1:" + port + ": Address already in use; stop "));
  }
  EXPECT_TRUE(CheckCanListen("--listen", "127.0.0.1:" + port).ok());
  EXPECT_TRUE(CheckCanListen("--listen", "127.0.0.1:" + port).ok()) << "it was let go";
  EXPECT_TRUE(CheckCanListen("--listen", "localhost:0").ok());
  EXPECT_FALSE(CheckCanListen("--listen", "192.0.2.1:7070").ok()) << "of no machine";
  EXPECT_TRUE(CheckCanListen("--listen", "unix:" + (folder / "socket")).ok());
  EXPECT_FALSE(CheckCanListen("--listen", "unix:" + (folder / "none/socket")).ok());
}

class StateFolderTest : public testing::Test {
 protected:
  fixtures::TempFolder root_;
};

TEST_F(StateFolderTest, AMissingFolderIsMade) {
  const auto folder = StateFolder::Open(root_ / "a/b");
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ((*folder)->database(), root_ / "a/b/adares.db");
}

TEST_F(StateFolderTest, ASecondOwnerIsTurnedAwayUntilTheFirstIsGone) {
  {
    const auto first = StateFolder::Open(root_.path());
    ASSERT_TRUE(first.ok());
    const auto second = StateFolder::Open(root_.path());
    EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(second.status().message()), HasSubstr(root_.path()));
  }
  EXPECT_TRUE(StateFolder::Open(root_.path()).ok());
}

TEST_F(StateFolderTest, AFileIsNoFolder) {
  const std::string file = root_ / "file";
  fclose(fopen(file.c_str(), "w"));
  EXPECT_FALSE(StateFolder::Open(file).ok());
}

TEST(ServerMetricsTest, KnownSeriesStartAtZero) {
  ServerMetrics metrics("1.2.3");
  const std::string text = metrics.Expose();
  EXPECT_THAT(text, HasSubstr("adares_build_info{role=\"server\",version=\"1.2.3\"} 1"));
  EXPECT_THAT(text, HasSubstr("adares_trials{state=\"queued\"} 0"));
  EXPECT_THAT(text, HasSubstr("adares_trials_finished_total{outcome=\"failed\"} 0"));
  EXPECT_THAT(text, HasSubstr("adares_attempts_finished_total{reason=\"worker_lost\"} 0"));
}

TEST(ServerMetricsTest, EffectsAreCounted) {
  ServerMetrics metrics("1");
  Effects effects;
  effects.trials_created = 7;
  effects.queue_waits = {std::chrono::seconds(2)};
  effects.attempts_ended[EndReason::kDiverged] = 3;
  effects.trials_requeued[EndReason::kWorkerLost] = 4;
  effects.leases_lost = 5;
  effects.trials_finished.emplace_back(TrialState::kSucceeded, std::chrono::seconds(12));
  effects.points_written = 1000;
  effects.stale_reports = 2;
  metrics.Count(effects);
  const std::string text = metrics.Expose();
  EXPECT_THAT(text, HasSubstr("adares_trials_created_total 7"));
  EXPECT_THAT(text, HasSubstr("adares_leases_granted_total 1"));
  EXPECT_THAT(text, HasSubstr("adares_attempts_finished_total{reason=\"diverged\"} 3"));
  EXPECT_THAT(text, HasSubstr("adares_trial_retries_total{reason=\"worker_lost\"} 4"));
  EXPECT_THAT(text, HasSubstr("adares_trial_retries_total{reason=\"preempted\"} 0"));
  EXPECT_THAT(text, HasSubstr("adares_leases_lost_total 5"));
  EXPECT_THAT(text, HasSubstr("adares_trials_finished_total{outcome=\"succeeded\"} 1"));
  EXPECT_THAT(text, HasSubstr("adares_metric_points_written_total 1000"));
  EXPECT_THAT(text, HasSubstr("adares_metric_points_rejected_total{reason=\"stale_attempt\"} 2"));
}

TEST(ServerMetricsTest, UploadsAreCountedByWhatBecameOfThem) {
  ServerMetrics metrics("1.2.3");
  metrics.CountUpload(absl::OkStatus());
  metrics.CountUpload(
      MakeError(absl::StatusCode::kResourceExhausted, reason::kStorageFull, "no room"));
  metrics.CountUpload(MakeError(absl::StatusCode::kAborted, reason::kLeaseLost, "gone"));
  metrics.CountUpload(absl::CancelledError("the worker is gone"));
  const std::string text = metrics.Expose();
  for (const char* series :
       {"stored\"} 1", "full\"} 1", "failed\"} 0", "mismatch\"} 0", "excessive\"} 0"}) {
    EXPECT_THAT(text, HasSubstr(std::string("adares_blob_uploads_total{outcome=\"") + series));
  }
}

// A worker with four slots, one of them busy.
WorkerRecord Worker(WorkerState state) {
  WorkerRecord worker;
  worker.name = "w1";
  worker.slots = 4;
  worker.busy_slots = 1;
  worker.state = state;
  return worker;
}

TEST(ServerMetricsTest, FreeSlotsOfADrainingWorkerAreNotOffered) {
  ServerMetrics metrics("1");
  metrics.SetWorkers({Worker(WorkerState::kDraining)}, 0);
  EXPECT_THAT(metrics.Expose(), HasSubstr("adares_worker_slots{state=\"free\"} 0"));
  EXPECT_THAT(metrics.Expose(), HasSubstr("adares_worker_slots{state=\"busy\"} 1"));
}

TEST(ServerMetricsTest, TransactionsThatFailAreCountedByCause) {
  ServerMetrics metrics("1");
  metrics.ObserveTransaction(0.001, absl::OkStatus());
  metrics.ObserveTransaction(5, absl::UnavailableError("locked"));
  metrics.ObserveTransaction(0.1, absl::ResourceExhaustedError("disk full"));
  const std::string text = metrics.Expose();
  EXPECT_THAT(text, HasSubstr("adares_db_failures_total{reason=\"busy\"} 1"));
  EXPECT_THAT(text, HasSubstr("adares_db_failures_total{reason=\"full\"} 1"));
  EXPECT_THAT(text, HasSubstr("adares_db_failures_total{reason=\"other\"} 0"));
  EXPECT_THAT(text, HasSubstr("adares_db_transaction_seconds_count{op=\"write\"} 3"));
}

TEST(ServerMetricsTest, AWorkerThatIsGoneHasNoHeartbeat) {
  ServerMetrics metrics("1");
  metrics.SetWorkers({Worker(WorkerState::kReady)}, 0);
  EXPECT_THAT(metrics.Expose(), HasSubstr("heartbeat_timestamp_seconds{worker=\"w1\"}"));
  EXPECT_THAT(metrics.Expose(), HasSubstr("adares_worker_slots{state=\"free\"} 3"));
  metrics.SetWorkers({}, 1);
  EXPECT_THAT(metrics.Expose(), Not(HasSubstr("worker=\"w1\"")));
  EXPECT_THAT(metrics.Expose(), HasSubstr("adares_workers{state=\"lost\"} 1"));
}

}  // namespace
}  // namespace adares
