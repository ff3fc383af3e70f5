// Blobs and checkpoints over real channels.
#include <gmock/gmock.h>

#include <atomic>
#include <stop_token>
#include <thread>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"
#include "server/artifacts/upload_quota.h"
#include "tests/fixtures/await.h"
#include "tests/integration/raw_calls.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using testing::SizeIs;

class CheckpointServiceTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Create({.name = "a", .granularities = {"none"}});
    worker_ = std::make_unique<ScriptedWorker>(channel_, "w1", "i1");
    ADARES_ASSERT_OK(worker_->Register());
    attempt_ = worker_->TakeOne();
  }

  v1::BlobUpload Of(const std::string& content) const {
    return UploadOf(*worker_, attempt_, content);
  }

  absl::StatusOr<v1::GetUploadResponse> Known(const v1::BlobUpload& upload) {
    v1::GetUploadRequest request;
    *request.mutable_upload() = upload;
    return Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::GetUpload, request);
  }

  // Sends the chunks from `offset` on; the bytes that are there afterwards.
  absl::StatusOr<int64_t> Upload(const v1::BlobUpload& upload, int64_t offset,
                                 const std::vector<std::string>& chunks) {
    RawUpload stream(channel_);
    stream.Begin(upload, offset);
    for (const std::string& chunk : chunks) stream.Send(chunk);
    return stream.Finish();
  }

  absl::StatusOr<std::string> Download(const std::string& sha256, int64_t offset) {
    const auto stub = v1::WorkerService::NewStub(channel_);
    const auto context = NewContext();
    v1::DownloadBlobRequest request;
    request.set_sha256(sha256);
    request.set_offset(offset);
    const auto stream = stub->DownloadBlob(context.get(), request);
    std::string content;
    v1::DownloadBlobResponse response;
    while (stream->Read(&response)) content += response.chunk();
    const absl::Status status = FromGrpcStatus(stream->Finish());
    if (!status.ok()) return status;
    return content;
  }

  v1::Record Named(const std::string& content, int64_t step) const {
    v1::Record record;
    v1::Checkpoint* const checkpoint = record.mutable_checkpoint();
    checkpoint->set_step(step);
    checkpoint->set_reason(v1::Checkpoint::REASON_PERIODIC);
    v1::CheckpointFile* const file = checkpoint->add_files();
    file->set_name("model.safetensors");
    file->set_sha256(Sha256Hex(content));
    file->set_size_bytes(std::ssize(content));
    return record;
  }

  // The worker is started anew, which ends its leases, and gets the trial's next attempt.
  v1::Assignment GiveToAnother() {
    ScriptedWorker again(channel_, "w1", "i2", worker_->instance);
    EXPECT_TRUE(again.Register().ok());
    v1::Assignment next;
    EXPECT_TRUE(fixtures::Await([&] {
      const auto orders = again.Sync();
      if (!orders.ok() || orders->start_size() == 0) return false;
      next = orders->start(0);
      return true;
    }));
    return next;
  }

  std::unique_ptr<ScriptedWorker> worker_;
  v1::Assignment attempt_;
};

TEST_F(CheckpointServiceTest, ACutOffUploadGoesOnAndComesBackWhole) {
  const std::string content = std::string(3 << 20, 'a') + std::string(1'000'003, 'b');
  const v1::BlobUpload upload = Of(content);
  EXPECT_EQ(Known(upload)->received_bytes(), 0);
  EXPECT_EQ(*Upload(upload, 0, {content.substr(0, 1 << 20), content.substr(1 << 20, 77)}),
            (1 << 20) + 77);
  EXPECT_FALSE(Known(upload)->complete());
  Stop();
  Start();
  ADARES_ASSERT_OK(worker_->Register());
  const int64_t have = Known(upload)->received_bytes();
  EXPECT_EQ(have, (1 << 20) + 77);
  EXPECT_EQ(Reason(Upload(upload, 0, {})), "UPLOAD_MOVED");
  std::vector<std::string> rest;
  for (size_t at = have; at < content.size(); at += 1 << 20) {
    rest.push_back(content.substr(at, 1 << 20));
  }
  EXPECT_EQ(*Upload(upload, have, rest), std::ssize(content));
  EXPECT_TRUE(Known(upload)->complete());
  EXPECT_EQ(*Upload(upload, 0, {}), std::ssize(content)) << "it is there already";
  EXPECT_TRUE(*Download(upload.sha256(), 0) == content);
  EXPECT_TRUE(*Download(upload.sha256(), 2 << 20) == content.substr(2 << 20));
  EXPECT_EQ(*Download(upload.sha256(), std::ssize(content)), "");
}

TEST_F(CheckpointServiceTest, UploadsThatMakeNoSenseAreRefused) {
  v1::BlobUpload upload = Of("content");
  EXPECT_EQ(Reason(Upload(upload, 0, {"contents"})), "ARGUMENT_INVALID") << "longer than it is";
  EXPECT_EQ(Reason(Upload(upload, 0, {"CONTENT"})), "BLOB_MISMATCH");
  EXPECT_EQ(Known(upload)->received_bytes(), 0);
  EXPECT_EQ(Reason(Upload(Of(std::string(2 << 20, 'x')), 0, {std::string(2 << 20, 'x')})),
            "ARGUMENT_INVALID")
      << "a chunk too large";
  upload.set_sha256("no hash");
  EXPECT_EQ(Reason(Upload(upload, 0, {})), "ARGUMENT_INVALID");
  EXPECT_EQ(Reason(Known(upload)), "ARGUMENT_INVALID");
  EXPECT_EQ(Reason(Download("..", 0)), "ARGUMENT_INVALID");
  EXPECT_EQ(Reason(Download(Sha256Hex("none"), 0)), "BLOB_NOT_FOUND");
  upload = Of("content");
  upload.set_size_bytes(-1);
  EXPECT_EQ(Reason(Known(upload)), "ARGUMENT_INVALID");
  upload.set_size_bytes(int64_t{2} << 40);
  EXPECT_EQ(Reason(Known(upload)), "ARGUMENT_INVALID");
}

TEST_F(CheckpointServiceTest, AnUploadBeginsOnce) {
  RawUpload twice(channel_);
  twice.Begin(Of("content"));
  twice.Begin(Of("content"));
  EXPECT_EQ(Reason(twice.Finish()), "ARGUMENT_INVALID");
  RawUpload never(channel_);
  never.Send("content");
  EXPECT_EQ(Reason(never.Finish()), "ARGUMENT_INVALID");
}

TEST_F(CheckpointServiceTest, WhoHasLostTheLeaseUploadsNothing) {
  const v1::BlobUpload upload = Of("content");
  RawUpload stream(channel_);
  ASSERT_TRUE(stream.Begin(upload));
  ASSERT_TRUE(stream.Send("con"));
  ASSERT_TRUE(fixtures::Await([&] { return Known(upload)->received_bytes() == 3; }));
  GiveToAnother();
  stream.Send("tent");
  EXPECT_EQ(Reason(stream.Finish()), "LEASE_LOST") << "in the middle";
  EXPECT_EQ(Reason(Upload(upload, 0, {"content"})), "LEASE_LOST");
  EXPECT_EQ(Reason(Known(upload)), "LEASE_LOST");
  EXPECT_EQ(Reason(Download(upload.sha256(), 0)), "BLOB_NOT_FOUND");
}

TEST_F(CheckpointServiceTest, TheNextAttemptIsToldOfTheNewestCheckpoint) {
  Reports reports(channel_, *worker_);
  EXPECT_EQ(reports.Acknowledged(attempt_, 1, {StartRecord(100, 10), Named("never sent", 5)}), 2)
      << "ignored";
  EXPECT_EQ(*Upload(Of("content"), 0, {"content"}), 7);
  EXPECT_EQ(reports.Acknowledged(attempt_, 3,
                                 {PointRecord("train/loss", 10, 1), Named("content", 10),
                                  PointRecord("train/loss", 20, 2)}),
            5);
  EXPECT_EQ(Metric("adares_checkpoints_total", "recorded"), 1);
  EXPECT_EQ(Metric("adares_checkpoints_total", "ignored"), 1);
  EXPECT_EQ(Metric("adares_artifact_bytes"), 7);
  const v1::Assignment next = GiveToAnother();
  ASSERT_TRUE(next.has_checkpoint());
  EXPECT_EQ(next.checkpoint().step(), 10);
  ASSERT_THAT(next.checkpoint().files(), SizeIs(1));
  EXPECT_EQ(*Download(next.checkpoint().files(0).sha256(), 0), "content");
  EXPECT_THAT(Points(attempt_.trial()), SizeIs(1)) << "step 20 will come again";
}

TEST_F(CheckpointServiceTest, ARestartBetweenUploadAndRecordLosesNothing) {
  EXPECT_EQ(*Upload(Of("content"), 0, {"content"}), 7);
  Stop();
  Start();
  ADARES_ASSERT_OK(worker_->Register());
  {
    Reports reports(channel_, *worker_);
    EXPECT_EQ(reports.Acknowledged(attempt_, 1, {StartRecord(100, 10), Named("content", 10)}), 2);
  }
  EXPECT_EQ(Metric("adares_checkpoints_total", "recorded"), 1);
  EXPECT_EQ(GiveToAnother().checkpoint().step(), 10);
}

TEST_F(CheckpointServiceTest, TwoWorkersBringOneBlobToItsEnd) {
  Create({.name = "b", .granularities = {"none"}});
  ScriptedWorker other(channel_, "w2", "i1");
  ADARES_ASSERT_OK(other.Register());
  const v1::Assignment theirs = other.TakeOne();
  const v1::BlobUpload first = Of("content");
  v1::BlobUpload second = first;
  second.set_worker(other.name);
  second.set_instance(other.instance);
  second.set_trial(theirs.trial());
  second.set_attempt(theirs.attempt());

  RawUpload stream(channel_);
  ASSERT_TRUE(stream.Begin(first));
  ASSERT_TRUE(stream.Send("con"));
  ASSERT_TRUE(fixtures::Await([&] { return Known(second)->received_bytes() == 3; }));
  EXPECT_EQ(*Upload(second, 3, {"tent"}), 7) << "takes over";
  stream.Send("tent");
  EXPECT_EQ(Reason(stream.Finish()), "UPLOAD_MOVED");
  EXPECT_TRUE(Known(first)->complete()) << "so its next try has nothing to send";

  Reports reports(channel_, *worker_);
  EXPECT_EQ(reports.Acknowledged(attempt_, 1, {StartRecord(100, 10), Named("content", 10)}), 2);
  Reports others(channel_, other);
  EXPECT_EQ(others.Acknowledged(theirs, 1, {StartRecord(100, 10), Named("content", 10)}), 2);
  EXPECT_EQ(Metric("adares_checkpoints_total", "recorded"), 2);
  EXPECT_EQ(Metric("adares_artifact_bytes"), 7);
}

TEST_F(CheckpointServiceTest, AnAttemptHasOnlySoManyUploadsThatNoCheckpointNames) {
  const auto begin = [this](size_t number) {
    return Upload(Of("blob " + std::to_string(number)), 0, {"blob"});
  };
  for (size_t number = 1; number < UploadQuota::kMaxUnnamed; ++number) {
    ADARES_ASSERT_OK(begin(number));
  }
  ADARES_ASSERT_OK(Upload(Of("content"), 0, {"content"}));
  EXPECT_EQ(Reason(begin(1000)), "UPLOADS_EXCESSIVE");
  EXPECT_EQ(Reason(Upload(Of("none"), 0, {"none"})), "UPLOADS_EXCESSIVE");
  EXPECT_EQ(Known(Of("none"))->received_bytes(), 0);
  EXPECT_EQ(Metric("adares_blob_uploads_total", "excessive"), 2);
  EXPECT_EQ(Metric("adares_blob_uploads_total", "stored"), 1);
  Reports reports(channel_, *worker_);
  EXPECT_EQ(reports.Acknowledged(attempt_, 1, {StartRecord(100, 10), Named("content", 10)}), 2);
  EXPECT_EQ(*begin(1000), 4) << "one is named now";
  EXPECT_EQ(Reason(Upload(Of("none"), 0, {"none"})), "UPLOADS_EXCESSIVE");
}

TEST_F(CheckpointServiceTest, ACheckpointThatIsNotRecordedNamesNothing) {
  Reports reports(channel_, *worker_);
  ADARES_ASSERT_OK(Upload(Of("content"), 0, {"content"}));
  EXPECT_EQ(reports.Acknowledged(attempt_, 1, {StartRecord(100, 10), Named("content", 10)}), 2);
  for (size_t number = 0; number < UploadQuota::kMaxUnnamed; ++number) {
    const std::string blob = "blob " + std::to_string(number);
    ADARES_ASSERT_OK(Upload(Of(blob), 0, {blob}));
  }
  // The step has a checkpoint already.
  EXPECT_EQ(reports.Acknowledged(attempt_, 3, {Named("blob 1", 10)}), 3);
  EXPECT_EQ(Reason(Upload(Of("none"), 0, {"none"})), "UPLOADS_EXCESSIVE");
}

// Each upload is at another point of its way when its stream is ended.
TEST_F(CheckpointServiceTest, AServerThatStopsAmidUploadsEndsThem) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> arrived = 0;
    std::vector<std::jthread> uploaders;
    for (int number = 0; number < 4; ++number) {
      uploaders.emplace_back([&, number](const std::stop_token& stop) {
        for (int blob = 0; !stop.stop_requested(); ++blob) {
          const std::string content = absl::StrCat(round, ", ", number, ", ", blob);
          if (Upload(Of(content), 0, {content}).ok()) ++arrived;
        }
      });
    }
    ASSERT_TRUE(fixtures::Await([&] { return arrived > round; }));
    Stop();
    for (std::jthread& uploader : uploaders) uploader.request_stop();
    Start();
  }
  EXPECT_EQ(*Upload(Of("content"), 0, {"content"}), 7);
}

TEST_F(CheckpointServiceTest, ABlobThatRottedMakesPlaceForTheCheckpointBefore) {
  {
    Reports reports(channel_, *worker_);
    EXPECT_EQ(*Upload(Of("older"), 0, {"older"}), 5);
    EXPECT_EQ(*Upload(Of("newer"), 0, {"newer"}), 5);
    EXPECT_EQ(reports.Acknowledged(attempt_, 1,
                                   {StartRecord(100, 10), Named("older", 10), Named("newer", 20)}),
              3);
  }
  const std::string newer = Of("newer").sha256();
  fixtures::WriteTextFile(config_.state_dir + "/artifacts/" + newer.substr(0, 2) + "/" + newer,
                          "never");
  EXPECT_EQ(*Download(newer, 1), "ever") << "from the middle nobody can tell";
  EXPECT_EQ(Reason(Download(newer, 0)), "BLOB_MISMATCH");
  EXPECT_EQ(Reason(Download(newer, 0)), "BLOB_NOT_FOUND");
  EXPECT_EQ(GiveToAnother().checkpoint().step(), 10);
}

}  // namespace
}  // namespace adares
