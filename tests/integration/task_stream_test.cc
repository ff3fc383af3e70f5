// Streams of the maintenance thread, over a real channel to a server with nothing else in it.
#include "server/services/task_stream.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <memory>
#include <string>

#include "adares/v1/admin_service.grpc.pb.h"
#include "rpc/channel.h"
#include "rpc/grpc_status.h"
#include "server/maintenance/maintenance_thread.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

// Says one thing, and then is deaf until it is let go, as one that waits for a disk.
class DeafChecks final : public v1::AdminService::CallbackService {
 public:
  grpc::ServerWriteReactor<v1::CheckDatabaseResponse>* CheckDatabase(
      grpc::CallbackServerContext*, const v1::CheckDatabaseRequest*) override {
    return TaskStream<v1::CheckDatabaseResponse>::Begin(
        &thread, std::chrono::minutes(1), [this](TaskStream<v1::CheckDatabaseResponse>& stream) {
          v1::CheckDatabaseResponse message;
          message.set_begun("the disk");
          const absl::Status written = stream.Write(message);
          let_go.wait();
          return written;
        });
  }

  std::latch let_go{1};
  MaintenanceThread thread;
};

class TaskStreamTest : public testing::Test {
 protected:
  using Reader = grpc::ClientReader<v1::CheckDatabaseResponse>;

  void SetUp() override {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::AdminService::NewStub(MakeChannel("127.0.0.1:" + std::to_string(port)));
  }
  void TearDown() override { service_.let_go.count_down(); }

  std::unique_ptr<Reader> Begin(grpc::ClientContext& context) {
    return stub_->CheckDatabase(&context, v1::CheckDatabaseRequest());
  }
  static std::string ReasonOfEnd(Reader& reader) {
    v1::CheckDatabaseResponse message;
    while (reader.Read(&message)) {
    }
    return ErrorReason(FromGrpcStatus(reader.Finish()));
  }

  DeafChecks service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
};

TEST_F(TaskStreamTest, AStopEndsStreamsWhoseTasksDoNotListen) {
  const auto running_context = NewContext();
  const auto running = Begin(*running_context);
  v1::CheckDatabaseResponse message;
  ASSERT_TRUE(running->Read(&message));  // the task runs
  const auto waiting_context = NewContext();
  const auto waiting = Begin(*waiting_context);
  service_.thread.Stop();
  EXPECT_EQ(ReasonOfEnd(*running), reason::kDraining);
  EXPECT_EQ(ReasonOfEnd(*waiting), reason::kDraining);
}

}  // namespace
}  // namespace adares
