// The words of flags, and what is left of changes.
#include "core/flag.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace adares {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FlagTest, EachKindHasAWordOfItsOwn) {
  std::vector<std::string> words;
  for (const FlagKind kind : {FlagKind::kSaturated, FlagKind::kClosed, FlagKind::kBranchDead,
                              FlagKind::kDrifting, FlagKind::kDiverging}) {
    words.emplace_back(Name(kind));
    EXPECT_EQ(ParseFlagKind(Name(kind)), kind);
  }
  EXPECT_THAT(words, ElementsAre("saturated", "closed", "branch-dead", "drifting", "diverging"));
  EXPECT_EQ(ParseFlagKind("dead"), std::nullopt);
}

TEST(FlagTest, WhatIsClearedIsNotRaised) {
  const Flag raised{FlagKind::kClosed, "a", 100, 1, true, "0.001"};
  const Flag cleared{FlagKind::kClosed, "a", 200, 2, false, "0.1"};
  const Flag again{FlagKind::kClosed, "a", 300, 3, true, "0.002"};
  EXPECT_THAT(RaisedFlags({}), IsEmpty());
  EXPECT_THAT(RaisedFlags({raised}), ElementsAre(raised));
  EXPECT_THAT(RaisedFlags({raised, cleared}), IsEmpty());
  EXPECT_THAT(RaisedFlags({raised, cleared, again}), ElementsAre(again));
}

TEST(FlagTest, KindsAndSitesStandForThemselves) {
  const Flag closed{FlagKind::kClosed, "a", 100, 1, true, ""};
  const Flag elsewhere{FlagKind::kClosed, "b", 100, 1, true, ""};
  const Flag dead{FlagKind::kBranchDead, "a", 100, 1, true, ""};
  const Flag cleared{FlagKind::kClosed, "a", 200, 2, false, ""};
  EXPECT_THAT(RaisedFlags({closed, elsewhere, dead, cleared}), ElementsAre(elsewhere, dead));
  const Flag again{FlagKind::kClosed, "a", 300, 3, true, ""};
  EXPECT_THAT(RaisedFlags({closed, elsewhere, again}), ElementsAre(elsewhere, again));
}

}  // namespace
}  // namespace adares
