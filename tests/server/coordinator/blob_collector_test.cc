// Blobs that no checkpoint names go, and no others.
#include "server/coordinator/blob_collector.h"

#include <gmock/gmock.h>

#include <future>

#include "core/sha256.h"
#include "tests/fixtures/await.h"
#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {
namespace {

class BlobCollectorTest : public CoordinatorFixture {
 protected:
  BlobCollectorTest() {
    coordinator_.reset();
    store_.reset();  // the loop owns the file from here on
    clock_ = ToMicros(now_);
    blobs_ = *BlobStore::Open(folder_ / "artifacts", {.reserve_bytes = 0}, now_);
    collector_ = std::make_unique<BlobCollector>(
        blobs_.get(), &files_, [](const absl::Status& failure) { ADD_FAILURE() << failure; });
    CommitLoopOptions options;
    options.tick = std::chrono::milliseconds(1);
    options.clock = [this] { return FromMicros(clock_); };
    options.has_blob = [this](const CheckpointFile& file) {
      return blobs_->index().Find(file.sha256) == file.size_bytes;
    };
    CommitLoop::Listener listener;
    listener.committed = [this](const Effects& effects) { collector_->Committed(effects); };
    listener.ticked = [this](const Coordinator&, Timestamp now) { collector_->Ticked(now); };
    loop_ = *CommitLoop::Start(*Store::Open(folder_ / "adares.db", now_), options, listener);
    collector_->SetLoop(loop_.get());
    Begin();
  }

  ~BlobCollectorTest() override { loop_->Stop(); }

  absl::Status Do(CommitLoop::Command command) {
    std::promise<absl::Status> answer;
    loop_->Post(std::move(command),
                [&answer](const absl::Status& status) { answer.set_value(status); });
    return answer.get_future().get();
  }

  void Begin() {
    const absl::Status begun = Do([&](Coordinator& coordinator, Timestamp now) -> absl::Status {
      ADARES_RETURN_IF_ERROR(coordinator.CreateSweep(Plan("a", 1), "text", now).status());
      WorkerRecord worker;
      worker.name = "w1";
      worker.instance = "i1";
      worker.slots = 1;
      ADARES_RETURN_IF_ERROR(coordinator.RegisterWorker({worker}, now));
      ADARES_ASSIGN_OR_RETURN(const SyncOutput output, coordinator.Sync({"w1", "i1", {}}, now));
      attempt_ = output.start.at(0).id;
      return absl::OkStatus();
    });
    ASSERT_TRUE(begun.ok()) << begun;
  }

  CheckpointFile Put(const std::string& content) {
    const CheckpointFile file{"model", Sha256Hex(content), std::ssize(content)};
    auto upload = *blobs_->Begin({file.sha256, file.size_bytes}, 0, FromMicros(clock_));
    EXPECT_TRUE(blobs_->Append(*upload, content).ok());
    EXPECT_TRUE(blobs_->Finish(*upload, FromMicros(clock_)).ok());
    return file;
  }

  void Record(int64_t step, const CheckpointFile& file) {
    const ReportInput input{"w1",
                            "i1",
                            attempt_,
                            ++sequence_,
                            {Checkpoint{step, 0, CheckpointReason::kPeriodic, {file}}}};
    EXPECT_TRUE(Do([&](Coordinator& coordinator, Timestamp now) {
                  return coordinator.Report(input, now).status();
                }).ok());
  }

  bool IsThere(const CheckpointFile& file) const { return blobs_->Read(file.sha256).ok(); }

  std::atomic<int64_t> clock_;
  std::unique_ptr<BlobStore> blobs_;
  FilePool files_{1};
  std::unique_ptr<BlobCollector> collector_;
  std::unique_ptr<CommitLoop> loop_;
  AttemptId attempt_;
  int64_t sequence_ = 0;
};

TEST_F(BlobCollectorTest, WhatADroppedCheckpointNamedGoes) {
  const std::vector<CheckpointFile> files{Put("one"), Put("two"), Put("three")};
  for (size_t i = 0; i < files.size(); ++i) Record(static_cast<int64_t>(i) + 1, files[i]);
  EXPECT_TRUE(fixtures::Await([&] { return blobs_->index().count() == 2; }));
  EXPECT_FALSE(IsThere(files[0]));
  EXPECT_TRUE(IsThere(files[1]));
  EXPECT_TRUE(IsThere(files[2]));
}

TEST_F(BlobCollectorTest, WhatWasNeverNamedGoesWithTime) {
  const CheckpointFile named = Put("named");
  Record(1, named);
  const CheckpointFile unnamed = Put("unnamed");
  // Not a lease's length at a time, so that the attempt lives.
  clock_ += BlobIndex::kUnnamedFor.count();
  EXPECT_TRUE(fixtures::Await([&] { return !IsThere(unnamed); }));
  EXPECT_TRUE(IsThere(named));
}

TEST_F(BlobCollectorTest, WhatAPausedTrialGoesOnFromStays) {
  const CheckpointFile file = Put("paused");
  Record(1, file);
  ASSERT_TRUE(Do([](Coordinator& coordinator, Timestamp now) {
                return coordinator.Control("a", {}, ControlAction::kPause, now).status();
              }).ok());
  const ReportInput end{
      "w1", "i1", attempt_, ++sequence_, {AttemptEnd{EndReason::kPreempted, "", {}, {}}}};
  ASSERT_TRUE(Do([&](Coordinator& coordinator, Timestamp now) {
                return coordinator.Report(end, now).status();
              }).ok());
  const CheckpointFile unnamed = Put("unnamed");
  for (int round = 0; round < 3; ++round) {
    clock_ += 2 * BlobIndex::kUnnamedFor.count();
    ASSERT_TRUE(fixtures::Await([&] { return !IsThere(unnamed); })) << "a round has passed";
    (void)Put("unnamed");
  }
  EXPECT_TRUE(IsThere(file));
}

TEST_F(BlobCollectorTest, ABlobThatIsRecordedWhileItIsLookedAtStays) {
  // Dropped by one checkpoint and named by the next, again and again.
  const CheckpointFile shared = Put("shared");
  for (int64_t step = 1; step <= 50; ++step) Record(step, shared);
  EXPECT_TRUE(IsThere(shared));
}

}  // namespace
}  // namespace adares
