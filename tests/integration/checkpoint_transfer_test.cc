// The worker's link brings checkpoints to a real server and from it.
#include <gmock/gmock.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <optional>

#include "core/sha256.h"
#include "rpc/names.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/full_disk.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"
#include "worker/agent/disk_error.h"
#include "worker/agent/grpc_coordinator_link.h"

namespace adares {
namespace {

using testing::SizeIs;
using worker::Transfer;

class CheckpointTransferTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Create({.name = "a", .granularities = {"none"}});
    ScriptedWorker worker(channel_, "w1", "i1");
    ADARES_ASSERT_OK(worker.Register());
    const v1::Assignment assignment = worker.TakeOne();
    id_ = {"a", ParseTrialResource(assignment.trial())->trial, assignment.attempt()};
    worker::WorkerIdentity identity;
    identity.name = worker.name;
    identity.instance.own = worker.instance;
    link_ = std::make_unique<worker::GrpcCoordinatorLink>(channel_, identity,
                                                          [this](std::function<void()> action) {
                                                            const std::lock_guard lock(mutex_);
                                                            actions_.push_back(std::move(action));
                                                          });
    fixtures::WriteTextFile(From("model"), model_);
    fixtures::WriteTextFile(From("state"), "state");
  }

  // This thread is the owner's.
  bool RunUntil(const std::function<bool()>& condition) {
    return fixtures::Await([&] {
      std::deque<std::function<void()>> actions;
      {
        const std::lock_guard lock(mutex_);
        actions.swap(actions_);
      }
      for (const auto& action : actions) action();
      return condition();
    });
  }

  absl::StatusOr<std::vector<CheckpointFile>> Upload() {
    std::optional<absl::StatusOr<std::vector<CheckpointFile>>> answer;
    const auto transfer =
        link_->Upload(id_, folder_ / "from", [&](const auto& files) { answer = files; });
    if (!RunUntil([&] { return answer.has_value(); })) return absl::UnknownError("no answer");
    return *answer;
  }

  absl::Status Download(const std::vector<CheckpointFile>& files) {
    std::optional<absl::Status> answer;
    const auto transfer = link_->Download(files, folder_ / "to",
                                          [&](const absl::Status& status) { answer = status; });
    if (!RunUntil([&] { return answer.has_value(); })) return absl::UnknownError("no answer");
    return *answer;
  }

  std::string From(const std::string& name) const { return folder_ / ("from/" + name); }
  // On the server's disk.
  std::string BlobOf(const CheckpointFile& file) const {
    return folder_ / ("state/artifacts/" + file.sha256.substr(0, 2) + "/" + file.sha256);
  }
  std::string To(const std::string& name) const { return folder_ / ("to/" + name); }

  const std::string model_ = std::string(5'000'000, 'm') + "end";
  AttemptId id_;
  std::mutex mutex_;
  std::deque<std::function<void()>> actions_;  // guarded by mutex_
  std::unique_ptr<worker::GrpcCoordinatorLink> link_;
};

TEST_F(CheckpointTransferTest, WhatWasUploadedComesBack) {
  const auto files = Upload();
  ADARES_ASSERT_OK(files);
  ASSERT_THAT(*files, SizeIs(2));
  EXPECT_EQ((*files)[0], (CheckpointFile{"model", Sha256Hex(model_), std::ssize(model_)}));
  ADARES_ASSERT_OK(Download(*files));
  EXPECT_TRUE(fixtures::ReadTextFile(To("model")) == model_);
  EXPECT_EQ(fixtures::ReadTextFile(To("state")), "state");
  EXPECT_EQ(*Upload(), *files) << "again, and nothing is sent";
}

TEST_F(CheckpointTransferTest, ADownloadGoesOnWhereItWasCutOff) {
  const auto files = Upload();
  ADARES_ASSERT_OK(files);
  fixtures::WriteTextFile(To("model"), model_.substr(0, 1'234'567));
  ADARES_ASSERT_OK(Download(*files));
  EXPECT_TRUE(fixtures::ReadTextFile(To("model")) == model_);
}

TEST_F(CheckpointTransferTest, WrongBytesAreNoCheckpoint) {
  const auto files = Upload();
  ADARES_ASSERT_OK(files);
  fixtures::WriteTextFile(To("model"), "not the model");
  EXPECT_TRUE(absl::IsDataLoss(Download(*files)));
  EXPECT_FALSE(std::filesystem::exists(To("model")));
  ADARES_ASSERT_OK(Download(*files));
  EXPECT_TRUE(absl::IsNotFound(Download({{"other", Sha256Hex("other"), 5}})));
}

TEST_F(CheckpointTransferTest, ADiskOfItsOwnIsToldApartFromTheServers) {
  const auto files = Upload();
  ADARES_ASSERT_OK(files);
  {
    const fixtures::FullDisk full(4 << 20);
    EXPECT_TRUE(worker::IsDiskError(Download(*files)));
  }
  ASSERT_TRUE(std::filesystem::remove(BlobOf(files->front())));
  std::filesystem::create_directory(BlobOf(files->front()));  // opens, but cannot be read
  std::filesystem::remove_all(folder_ / "to");
  const absl::Status status = Download(*files);
  EXPECT_TRUE(absl::IsInternal(status)) << status;
  EXPECT_FALSE(worker::IsDiskError(status)) << status;
}

TEST_F(CheckpointTransferTest, NothingStaysOfABlobThatIsDamagedOnTheServer) {
  const auto files = Upload();
  ADARES_ASSERT_OK(files);
  fixtures::WriteTextFile(BlobOf(files->front()), std::string(model_.size(), 'x'));
  EXPECT_TRUE(absl::IsDataLoss(Download(*files)));
  EXPECT_FALSE(std::filesystem::exists(To("model")));
  EXPECT_TRUE(absl::IsNotFound(Download(*files)));
}

TEST_F(CheckpointTransferTest, ABlobWithMoreBytesThanItHasCameDamaged) {
  auto files = Upload();
  ADARES_ASSERT_OK(files);
  --files->front().size_bytes;
  EXPECT_TRUE(absl::IsDataLoss(Download(*files)));
}

TEST_F(CheckpointTransferTest, WhoHasLostTheLeaseUploadsNothing) {
  id_.attempt = 2;
  EXPECT_EQ(Reason(Upload()), "LEASE_LOST");
}

TEST_F(CheckpointTransferTest, AnUploadGoesOnAfterTheServerWasAway) {
  Stop();
  EXPECT_TRUE(absl::IsUnavailable(Upload().status()));
  Start();
  EXPECT_TRUE(RunUntil([&] { return Upload().ok(); }));
}

TEST_F(CheckpointTransferTest, ATransferThatIsGivenUpTellsNothing) {
  bool told = false;
  auto transfer = link_->Upload(id_, folder_ / "from", [&](const auto&) { told = true; });
  transfer = nullptr;
  ADARES_ASSERT_OK(Upload());
  EXPECT_FALSE(told);
  transfer = link_->Upload(id_, folder_ / "from", [&](const auto&) { told = true; });
  link_ = nullptr;  // waits for its end
  transfer = nullptr;
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace adares
