// Deletions through the commit loop: in pieces, counted, and between what others post.
#include "server/maintenance/pruning.h"

#include <gmock/gmock.h>

#include <future>

#include "core/status.h"
#include "tests/server/history_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;

class PruningTest : public HistoryTest {
 protected:
  void SetUp() override {
    HistoryTest::SetUp();
    loop_ = *CommitLoop::Start(std::move(store_), {}, {});
  }

  absl::StatusOr<PruneCounts> Run(PruneRequest request, const PruneObserver& observer = {}) {
    request.database = path_;
    return Prune(*loop_, request, observer);
  }

  int64_t Rows() const {
    return Number(
        "SELECT (SELECT count(*) FROM log_line) + (SELECT count(*) FROM metric_point)"
        " + (SELECT count(*) FROM skip_weight) + (SELECT count(*) FROM flag)");
  }

  std::unique_ptr<CommitLoop> loop_;
};

TEST_F(PruningTest, ADryRunCountsAndDeletesNothing) {
  const int64_t before = Rows();
  const auto counts = Run({.before = At(100), .dry_run = true});
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->rows(), 7 + 8 + 4 + 1);
  EXPECT_EQ(Rows(), before);
}

TEST_F(PruningTest, WhatADryRunCountsIsDeleted) {
  const int64_t before = Rows();
  const auto dry = Run({.before = At(100), .dry_run = true});
  const auto deleted = Run({.before = At(100)});
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(deleted->rows(), dry->rows());
  EXPECT_EQ(Rows(), before - deleted->rows());
  EXPECT_EQ(CountsText(*deleted),
            "7 log lines, 8 superseded points, 4 superseded skip weights, 1 superseded flags");
  EXPECT_EQ(CountsText(*Run({.before = At(100)})), "nothing");
}

TEST_F(PruningTest, OthersAreStoredBetweenThePieces) {
  int pieces = 0;
  PruneObserver observer;
  observer.progress = [&](const PruneCounts&) {
    ++pieces;
    std::promise<absl::Status> answer;
    loop_->Post(
        [&](Coordinator& coordinator, Timestamp now) {
          return coordinator.Control("sweep-a", {}, ControlAction::kCancel, now).status();
        },
        [&answer](const absl::Status& status) { answer.set_value(status); });
    return answer.get_future().get();
  };
  ASSERT_TRUE(Run({.before = At(100), .rows_per_piece = 2}, observer).ok());
  EXPECT_GE(pieces, 10);
}

TEST_F(PruningTest, WhatIsGivenUpGoesOnTheNextTime) {
  PruneObserver observer;
  observer.progress = [](const PruneCounts& counts) {
    return counts.rows() < 4 ? absl::OkStatus() : absl::CancelledError("enough");
  };
  EXPECT_EQ(Run({.before = At(100), .rows_per_piece = 2}, observer).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(Run({.before = At(100)})->rows(), 7 + 8 + 4 + 1 - 4);
}

TEST_F(PruningTest, ALoopThatStopsIsAnError) {
  loop_->Stop();
  EXPECT_EQ(ErrorReason(Run({.before = At(100)}).status()), reason::kDraining);
}

}  // namespace
}  // namespace adares
