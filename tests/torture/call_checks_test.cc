// That calls of `adares` which end in no good way are found, and changes that do not stay.
#include <gmock/gmock.h>

#include "tests/torture/call_end.h"
#include "tests/torture/promises.h"

namespace adares::torture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Arguments = std::vector<std::string>;

constexpr int kLife = 1;

TEST(CallEndTest, WhatBefallsAFleetExplainsSomeEnds) {
  const Arguments pause = {"trial", "pause", "s/1"};
  EXPECT_TRUE(IsExplained({pause, {0, 0}}));
  EXPECT_TRUE(IsExplained({pause, {5, 0}, "error: it has succeeded"}));
  EXPECT_TRUE(IsExplained({{"sweep", "resume", "s"}, {5, 0}, "error: it has ended"}));
  EXPECT_TRUE(IsExplained({pause, {6, 0}, "error: cannot reach the coordinator at x: y"}));
  EXPECT_TRUE(IsExplained({{"worker", "drain", "w"}, {3, 0}, "error: no worker w is connected"}));
  EXPECT_TRUE(IsExplained({{"db", "backup", "f"}, {1, 0}, "error: Stream removed", true}));
}

TEST(CallEndTest, OtherEndsAreFound) {
  const Arguments pause = {"trial", "pause", "s/1"};
  EXPECT_FALSE(IsExplained({pause, {1, 0}, "error: cannot write the trial"}));
  EXPECT_FALSE(IsExplained({pause, {1, 0}, "error: cannot write the trial", true}));
  EXPECT_FALSE(IsExplained({pause, {0, 11}}));
  EXPECT_FALSE(IsExplained({pause, {3, 0}, "error: there is no trial 1"}));
  EXPECT_FALSE(IsExplained({pause, {6, 0}, "error: the database is full"}));
  EXPECT_FALSE(IsExplained({{"sweep", "cancel", "s"}, {5, 0}, "error: it has ended"}));
  EXPECT_FALSE(IsExplained({{"sweep", "submit", "f"}, {5, 0}, "error: another sweep"}));
  EXPECT_FALSE(IsExplained({{"db", "backup", "f"}, {1, 0}, "error: Stream removed"}));
  EXPECT_FALSE(IsExplained({{"db", "backup", "f"}, {130, 0}}));
}

class PromisesTest : public testing::Test {
 protected:
  static Snapshot With(TrialStage stage, int64_t attempts = 1, int64_t scratch_after = 0) {
    Snapshot snapshot;
    snapshot.trials["s/1"] = {stage, attempts, scratch_after, "", 0, 0};
    return snapshot;
  }

  void Do(const Arguments& arguments, Answer answer = Answer::kDone) {
    promises_.Take(promises_.Begin(arguments, kLife), answer, kLife);
  }

  Promises promises_;
};

TEST_F(PromisesTest, WhatStaysIsKept) {
  promises_.Look(With({TrialState::kRunning}));
  Do({"trial", "pause", "s/1"});
  promises_.Look(With({TrialState::kStopping, StopAim::kPause}));
  promises_.Look(With({TrialState::kPaused}));
  EXPECT_THAT(promises_.findings(), IsEmpty());
  EXPECT_EQ(promises_.kept().at("pause"), 2);
}

TEST_F(PromisesTest, APauseThatIsGoneIsFound) {
  promises_.Look(With({TrialState::kRunning}));
  Do({"sweep", "pause", "s"});
  promises_.Look(With({TrialState::kQueued}));
  EXPECT_THAT(promises_.findings(), ElementsAre("\"pause s/\" was done, and s/1 is queued"));
}

TEST_F(PromisesTest, ACancelThatIsGoneIsFound) {
  promises_.Look(With({TrialState::kPaused}));
  Do({"trial", "cancel", "s/1"});
  promises_.Look(With({TrialState::kPaused}));
  EXPECT_THAT(promises_.findings(), ElementsAre("\"cancel s/1\" was done, and s/1 is paused"));
}

TEST_F(PromisesTest, ARetryThatIsGoneIsFound) {
  promises_.Look(With({TrialState::kFailed}, 2));
  Do({"sweep", "retry", "s"});
  promises_.Look(With({TrialState::kFailed}, 2));
  EXPECT_THAT(promises_.findings(),
              ElementsAre("\"retry s/\" was done, and s/1 has failed without another attempt"));
}

TEST_F(PromisesTest, ARetryThatFailedAgainIsKept) {
  promises_.Look(With({TrialState::kFailed}, 2));
  Do({"trial", "retry", "s/1"});
  promises_.Look(With({TrialState::kFailed}, 4));
  EXPECT_THAT(promises_.findings(), IsEmpty());
}

TEST_F(PromisesTest, ARetryFromScratchThatIsGoneIsFound) {
  promises_.Look(With({TrialState::kCancelled}, 2));
  Do({"trial", "retry", "--from-scratch", "s/1"});
  promises_.Look(With({TrialState::kRunning}, 3, 2));
  EXPECT_THAT(promises_.findings(), IsEmpty());
  promises_.Look(With({TrialState::kRunning}, 3, 0));
  EXPECT_EQ(promises_.findings().size(), 1U);
}

TEST_F(PromisesTest, NothingIsPromisedWhileAnotherCallIsUnderWay) {
  promises_.Look(With({TrialState::kRunning}));
  const int resume = promises_.Begin({"sweep", "resume", "s"}, kLife);
  Do({"trial", "pause", "s/1"});
  promises_.Look(With({TrialState::kRunning}));
  promises_.Take(resume, Answer::kDone, kLife);
  promises_.Look(With({TrialState::kPaused}));
  EXPECT_THAT(promises_.findings(), IsEmpty());
  EXPECT_THAT(promises_.kept(), IsEmpty());
}

TEST_F(PromisesTest, TheNextCallTakesAPromiseBack) {
  promises_.Look(With({TrialState::kRunning}));
  Do({"trial", "pause", "s/1"});
  Do({"trial", "resume", "s/1"}, Answer::kNone);
  promises_.Look(With({TrialState::kRunning}));
  EXPECT_THAT(promises_.findings(), IsEmpty());
}

TEST_F(PromisesTest, ACallWithoutAnAnswerMayYetHappenWhileTheServerLives) {
  promises_.Look(With({TrialState::kRunning}));
  Do({"trial", "cancel", "s/1"}, Answer::kNone);
  Do({"trial", "pause", "s/1"});
  promises_.Look(With({TrialState::kRunning}));
  EXPECT_THAT(promises_.findings(), IsEmpty());
  promises_.Take(promises_.Begin({"trial", "pause", "s/1"}, kLife + 1), Answer::kDone, kLife + 1);
  promises_.Look(With({TrialState::kRunning}));
  EXPECT_EQ(promises_.findings().size(), 1U);
}

TEST_F(PromisesTest, CordonsAreLookedAt) {
  Snapshot now;
  now.workers["w"] = {};
  Do({"worker", "cordon", "w"});
  promises_.Look(now);
  EXPECT_THAT(promises_.findings(), ElementsAre("\"cordon w\" was done, and w is not cordoned"));
  Do({"worker", "uncordon", "w"});
  now.workers["w"] = {true, "five trials failed in a row"};
  promises_.Look(now);
  EXPECT_EQ(promises_.findings().size(), 1U);
  now.workers["w"] = {true, ""};
  promises_.Look(now);
  EXPECT_EQ(promises_.findings().size(), 2U);
}

}  // namespace
}  // namespace adares::torture
