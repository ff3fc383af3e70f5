// Calls that are answered on the reader pool, over a real channel to a server with nothing else in
// it.
#include "server/services/read_call.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adares/v1/sweep_service.grpc.pb.h"
#include "rpc/channel.h"
#include "server/store/store.h"
#include "tests/fixtures/await.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;

// Reads nothing, and notes for which names it was asked to.
class NotedReads final : public v1::SweepService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetSweep(grpc::CallbackServerContext* context,
                                     const v1::GetSweepRequest* request,
                                     v1::GetSweepResponse* response) override {
    grpc::ServerUnaryReactor* const reactor = AnswerFromReader(
        context, readers, response,
        [this, name = request->name()](Reader&) -> absl::StatusOr<v1::GetSweepResponse> {
          read.push_back(name);
          return v1::GetSweepResponse();
        });
    last_context = context;
    return reactor;
  }

  ReaderPool* readers = nullptr;
  std::vector<std::string> read;                                     // by the pool's only thread
  std::atomic<grpc::CallbackServerContext*> last_context = nullptr;  // of the call that came last
};

class ReadCallTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string database = folder_ / "adares.db";
    ADARES_ASSERT_OK(Store::Open(database, Timestamp()));
    auto readers = ReaderPool::Open(database, 1);
    ADARES_ASSERT_OK(readers);
    readers_ = *std::move(readers);
    service_.readers = readers_.get();
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::SweepService::NewStub(MakeChannel("127.0.0.1:" + std::to_string(port)));
  }

  grpc::Status Get(const std::string& name, grpc::ClientContext& context) {
    v1::GetSweepRequest request;
    request.set_name(name);
    v1::GetSweepResponse response;
    return stub_->GetSweep(&context, request, &response);
  }

  fixtures::TempFolder folder_;
  std::unique_ptr<ReaderPool> readers_;
  NotedReads service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::SweepService::Stub> stub_;
};

TEST_F(ReadCallTest, WhatNobodyWaitsForAnyMoreIsNotRead) {
  std::latch gate(1);
  readers_->Post([&gate](Reader&) { gate.wait(); });
  const auto given_up = NewContext();
  std::thread caller(
      [&] { EXPECT_EQ(Get("given up", *given_up).error_code(), grpc::StatusCode::CANCELLED); });
  EXPECT_TRUE(fixtures::Await([&] { return service_.last_context.load() != nullptr; }));
  given_up->TryCancel();
  EXPECT_TRUE(fixtures::Await([&] { return service_.last_context.load()->IsCancelled(); }));
  gate.count_down();
  caller.join();
  const auto waited_for = NewContext();
  EXPECT_TRUE(Get("waited for", *waited_for).ok());
  EXPECT_THAT(service_.read, ElementsAre("waited for"));
}

}  // namespace
}  // namespace adares
