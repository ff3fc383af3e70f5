// The program `adares-server`, killed again and again amid uploads and removals of blobs: each
// checkpoint that a row names is there with its content, and an upload goes on where it ended.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"
#include "rpc/channel.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/database.h"
#include "tests/fixtures/program.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using fixtures::Await;
using fixtures::Program;

constexpr size_t kChunk = 64 << 10;

// Text without repetition, other than that of any other seed.
std::string Content(const std::string& seed, size_t bytes) {
  std::string text;
  while (text.size() < bytes) absl::StrAppend(&text, seed, " ", text.size(), "\n");
  text.resize(bytes);
  return text;
}

// The worker's end of an upload. What it sends may still be on its way when it returns.
class Upload {
 public:
  Upload(const std::shared_ptr<grpc::Channel>& channel, const v1::BlobUpload& upload,
         int64_t offset)
      : stub_(v1::WorkerService::NewStub(channel)),
        context_(NewContext()),
        stream_(stub_->UploadBlob(context_.get(), &response_)) {
    v1::UploadBlobRequest request;
    *request.mutable_begin()->mutable_upload() = upload;
    request.mutable_begin()->set_offset(offset);
    stream_->Write(request);
  }
  ~Upload() {
    if (stream_ == nullptr) return;
    context_->TryCancel();
    stream_->Finish();
  }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  void Send(const std::string& bytes) {
    v1::UploadBlobRequest request;
    for (size_t at = 0; at < bytes.size(); at += kChunk) {
      request.set_chunk(bytes.substr(at, kChunk));
      stream_->Write(request);
    }
  }

  absl::Status End() {
    stream_->WritesDone();
    const absl::Status end = FromGrpcStatus(stream_->Finish());
    stream_ = nullptr;
    return end;
  }

 private:
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  const std::unique_ptr<grpc::ClientContext> context_;
  v1::UploadBlobResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::UploadBlobRequest>> stream_;
};

class KilledServerTest : public ServerTest {
 protected:
  void SetUp() override {
    StartProgram();
    channel_ = MakeChannel(config_.listen);
    Create({.name = "a", .granularities = {"none"}});
    worker_ = std::make_unique<ScriptedWorker>(channel_, "w", "i");
    ADARES_ASSERT_OK(worker_->Register());
    attempt_ = worker_->TakeOne();
    EXPECT_EQ(Report({StartRecord(1'000'000, 10)}), 1);
  }
  void TearDown() override { program_.reset(); }

  void StartProgram() {
    program_ = std::make_unique<Program>(Program::Options{
        .path = ADARES_SERVER_PROGRAM,
        .arguments = {"--state", config_.state_dir, "--listen", config_.listen, "--http", "none"},
        .log = folder_ / "server"});
  }

  // The worker finds the one that is started after a kill.
  void StartAgain() {
    StartProgram();
    ASSERT_TRUE(Await([this] { return worker_->Register().ok(); }));
    ADARES_ASSERT_OK(worker_->Sync());
  }

  v1::BlobUpload Of(const std::string& content) const {
    return UploadOf(*worker_, attempt_, content);
  }

  v1::GetUploadResponse Known(const v1::BlobUpload& upload) {
    v1::GetUploadRequest request;
    *request.mutable_upload() = upload;
    const auto known =
        Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::GetUpload, request);
    EXPECT_TRUE(known.ok()) << known.status();
    return known.ok() ? *known : v1::GetUploadResponse();
  }

  // Brings what is missing. Does not ask whether it is there then, which would keep it for an hour.
  void Bring(const std::string& content) {
    const v1::BlobUpload upload = Of(content);
    const int64_t have = Known(upload).received_bytes();
    Upload rest(channel_, upload, have);
    rest.Send(content.substr(static_cast<size_t>(have)));
    ADARES_ASSERT_OK(rest.End());
  }

  std::vector<std::string> BringFiles(const std::string& seed, int count) {
    std::vector<std::string> files;
    for (int i = 0; i < count; ++i) {
      files.push_back(Content(absl::StrCat(seed, ", ", i), 10'000));
      Bring(files.back());
    }
    return files;
  }

  static v1::Record Checkpoint(int64_t step, const std::vector<std::string>& files) {
    v1::Record record;
    record.mutable_checkpoint()->set_step(step);
    record.mutable_checkpoint()->set_reason(v1::Checkpoint::REASON_PERIODIC);
    for (const std::string& content : files) {
      v1::CheckpointFile* const file = record.mutable_checkpoint()->add_files();
      file->set_name(absl::StrCat("file-", record.checkpoint().files_size()));
      file->set_sha256(Sha256Hex(content));
      file->set_size_bytes(std::ssize(content));
    }
    return record;
  }

  // The number of the last record that is durable.
  int64_t Report(const std::vector<v1::Record>& records) {
    Reports reports(channel_, *worker_);
    const int64_t last = reports.Acknowledged(attempt_, next_record_, records);
    next_record_ += std::ssize(records);
    return last;
  }

  fs::path PartOf(const v1::BlobUpload& upload) const {
    return config_.state_dir + "/artifacts/incoming/" + upload.sha256() + ".part";
  }
  fs::path PathOf(const std::string& sha256) const {
    return config_.state_dir + "/artifacts/" + sha256.substr(0, 2) + "/" + sha256;
  }
  static int64_t BytesIn(const fs::path& path) {
    std::error_code none;
    const auto size = fs::file_size(path, none);
    return none ? 0 : static_cast<int64_t>(size);
  }

  // Expects that each blob that a row names has its content; returns how many there are.
  size_t CheckNamedBlobs() const {
    const auto named = database_.Rows("SELECT DISTINCT sha256 FROM v1_checkpoints");
    for (const std::string& sha256 : named) {
      EXPECT_EQ(Sha256Hex(fixtures::ReadTextFile(PathOf(sha256))), sha256);
    }
    return named.size();
  }

  const fixtures::Database database_{config_.state_dir + "/adares.db"};
  std::unique_ptr<Program> program_;
  std::unique_ptr<ScriptedWorker> worker_;
  v1::Assignment attempt_;
  int64_t next_record_ = 1;
};

TEST_F(KilledServerTest, AnUploadGoesOnWhereItWas) {
  constexpr int64_t kPortion = 2 << 20;
  const std::string content = Content("large", 16 << 20);
  const v1::BlobUpload upload = Of(content);
  int64_t have = 0;
  while (have + kPortion < std::ssize(content)) {
    {
      Upload sending(channel_, upload, have);
      sending.Send(content.substr(static_cast<size_t>(have), kPortion));
      ASSERT_TRUE(Await([&] { return BytesIn(PartOf(upload)) > have; }));
      program_->Kill();
    }
    have = BytesIn(PartOf(upload));
    ASSERT_TRUE(content.starts_with(fixtures::ReadTextFile(PartOf(upload))));
    StartAgain();
    ASSERT_EQ(Known(upload).received_bytes(), have);
  }
  Bring(content);
  EXPECT_TRUE(Known(upload).complete());
  EXPECT_EQ(Report({Checkpoint(10, {content})}), 2);
  program_->Kill();
  EXPECT_EQ(CheckNamedBlobs(), 1U);
}

// Killed while the last bytes come, are verified, or get their name.
TEST_F(KilledServerTest, ABlobIsThereWholeOrNotAtAll) {
  for (int round = 1; round <= 12; ++round) {
    const std::string content = Content(absl::StrCat("round ", round), 400'000);
    const v1::BlobUpload upload = Of(content);
    {
      Upload sending(channel_, upload, 0);
      sending.Send(content);
      ASSERT_TRUE(Await([&] {
        return BytesIn(PartOf(upload)) > 30'000 * round || BytesIn(PathOf(upload.sha256())) > 0;
      }));
      program_->Kill();
    }
    const bool is_there = fs::exists(PathOf(upload.sha256()));
    EXPECT_TRUE(!is_there || fixtures::ReadTextFile(PathOf(upload.sha256())) == content);
    StartAgain();
    EXPECT_EQ(Known(upload).complete(), is_there);
    Bring(content);
    EXPECT_EQ(Report({Checkpoint(round, {content})}), round + 1);
    EXPECT_EQ(CheckNamedBlobs(), std::min<size_t>(static_cast<size_t>(round), 2));
  }
}

// A checkpoint that comes drops an older one, whose files are then removed, but for the one that
// all have.
TEST_F(KilledServerTest, WhatIsNamedStaysAmidRemovals) {
  constexpr int kCheckpoints = 8;
  constexpr int kFiles = 10;
  const std::string shared = Content("shared", 10'000);
  Bring(shared);
  for (int round = 0; round < 6; ++round) {
    std::vector<v1::Record> records;
    std::vector<std::string> all;
    for (int i = 1; i <= kCheckpoints; ++i) {
      std::vector<std::string> files = BringFiles(absl::StrCat(round, ", ", i), kFiles);
      all.insert(all.end(), files.begin(), files.end());
      files.push_back(shared);
      records.push_back(Checkpoint(round * kCheckpoints + i, files));
    }
    EXPECT_EQ(Report(records), 1 + (round + 1) * kCheckpoints);
    const auto is_gone = [this](const std::string& content) {
      return !fs::exists(PathOf(Sha256Hex(content)));
    };
    ASSERT_TRUE(Await([&] { return std::any_of(all.begin(), all.end(), is_gone); }));
    program_->Kill();
    EXPECT_EQ(CheckNamedBlobs(), 2U * kFiles + 1);
    StartAgain();
    EXPECT_EQ(CheckNamedBlobs(), 2U * kFiles + 1);
    for (const std::string& content : all) {
      EXPECT_EQ(Known(Of(content)).complete(), !is_gone(content));
    }
    Bring(all.front());  // what is gone can come again
  }
}

}  // namespace
}  // namespace adares
