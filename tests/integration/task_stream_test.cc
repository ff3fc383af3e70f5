// Streams of the maintenance thread, over a real channel to a server with nothing else in it.
#include "server/services/task_stream.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <utility>

#include "adares/v1/admin_service.grpc.pb.h"
#include "rpc/channel.h"
#include "rpc/grpc_status.h"
#include "server/maintenance/maintenance_thread.h"
#include "tests/fixtures/await.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class ScriptedBackups final : public v1::AdminService::CallbackService {
 public:
  using Stream = TaskStream<v1::BackupDatabaseResponse>;

  grpc::ServerWriteReactor<v1::BackupDatabaseResponse>* BackupDatabase(
      grpc::CallbackServerContext*, const v1::BackupDatabaseRequest*) override {
    return Stream::Begin(&thread, minutes(10), body, clock);
  }

  Stream::Body body;
  Stream::Clock clock = std::chrono::steady_clock::now;
  MaintenanceThread thread;
};

class TaskStreamTest : public testing::Test {
 protected:
  using Reader = grpc::ClientReader<v1::BackupDatabaseResponse>;
  static constexpr int kChunks = 60;
  static constexpr size_t kChunkBytes = 1 << 20;  // more than connections keep

  void SetUp() override {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::AdminService::NewStub(MakeChannel("127.0.0.1:" + std::to_string(port)));
  }
  void TearDown() override { let_go_.count_down(); }

  std::unique_ptr<Reader> Begin(grpc::ClientContext& context) {
    return stub_->BackupDatabase(&context, v1::BackupDatabaseRequest());
  }
  // Says one thing, and then is deaf until it is let go, as one that waits for a disk.
  void BeDeaf() {
    service_.body = [this](ScriptedBackups::Stream& stream) {
      const absl::Status written = stream.Write(v1::BackupDatabaseResponse());
      let_go_.wait();
      return written;
    };
  }
  // Sends chunks; each wait for the client counts as one of `wait`, however long it is.
  void SendChunksThatTake(seconds wait) {
    service_.body = [this](ScriptedBackups::Stream& stream) {
      v1::BackupDatabaseResponse message;
      message.set_chunk(std::string(kChunkBytes, 'c'));
      absl::Status written;
      for (int i = 0; i < kChunks && written.ok(); ++i) written = stream.Write(message);
      is_given_up_ = !written.ok();
      return written;
    };
    service_.clock = [wait, looks = std::make_shared<int>(0)] {
      return std::chrono::steady_clock::time_point(wait * (*looks)++);
    };
  }
  static int ReadUpTo(int messages, Reader& reader) {
    v1::BackupDatabaseResponse message;
    int read = 0;
    while (read < messages && reader.Read(&message)) ++read;
    return read;
  }
  static absl::Status End(Reader& reader) {
    v1::BackupDatabaseResponse message;
    while (reader.Read(&message)) {
    }
    return FromGrpcStatus(reader.Finish());
  }

  std::latch let_go_{1};
  ScriptedBackups service_;
  std::atomic<bool> is_given_up_ = false;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
};

TEST_F(TaskStreamTest, AStopEndsStreamsWhoseTasksDoNotListen) {
  BeDeaf();
  const auto running_context = NewContext();
  const auto running = Begin(*running_context);
  v1::BackupDatabaseResponse message;
  EXPECT_TRUE(running->Read(&message));  // the task runs
  const auto waiting_context = NewContext();
  const auto waiting = Begin(*waiting_context);
  service_.thread.Stop();
  EXPECT_EQ(ErrorReason(End(*running)), reason::kDraining);
  EXPECT_EQ(ErrorReason(End(*waiting)), reason::kDraining);
}

// Some minutes for each MiB, and for none of them as long as the server's patience lasts.
TEST_F(TaskStreamTest, AClientThatTakesAllTooSlowlyIsGivenUp) {
  SendChunksThatTake(seconds(500));
  const auto context = NewContext();
  const auto reader = Begin(*context);
  ReadUpTo(kChunks / 2, *reader);
  EXPECT_TRUE(fixtures::Await([this] { return is_given_up_.load(); })) << "it waits for others";
  const absl::Status end = End(*reader);
  EXPECT_TRUE(absl::IsDeadlineExceeded(end)) << end;
  EXPECT_EQ(end.message(), "the caller takes nothing of what it asked for");
}

// 64 KiB in each second; in all that is longer than the server's patience.
TEST_F(TaskStreamTest, AClientThatTakesAllJustFastEnoughGetsIt) {
  SendChunksThatTake(seconds(16));
  const auto context = NewContext();
  const auto reader = Begin(*context);
  EXPECT_EQ(ReadUpTo(kChunks, *reader), kChunks);
  EXPECT_TRUE(End(*reader).ok());
}

}  // namespace
}  // namespace adares
