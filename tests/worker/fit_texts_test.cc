// Whatever a trainer says becomes what a coordinator takes.
#include "worker/agent/fit_texts.h"

#include <gmock/gmock.h>

#include "core/report_limits.h"
#include "core/utf8.h"

namespace adares::worker {
namespace {

TEST(FitTextsTest, WhatFitsStays) {
  EXPECT_EQ(FitText("gr\xC3\xBC\xC3\x9F\x65", 7), "gr\xC3\xBC\xC3\x9F\x65");
  AttemptEnd end;
  end.message = "it broke";
  end.digests = {{"results", "00ff"}};
  EXPECT_EQ(Fit(end).message, "it broke");
  EXPECT_EQ(Fit(end).digests, end.digests);
}

TEST(FitTextsTest, LongTextsAreCutBetweenCharacters) {
  EXPECT_EQ(FitText("gr\xC3\xBC\xC3\x9F\x65", 5), "gr\xC3\xBC") << "no half of a character";
  for (size_t limit = 0; limit < 12; ++limit) {
    const std::string fit = FitText("\xff\xff\xff\xF0\x9F\x98\x80", limit);
    EXPECT_LE(fit.size(), limit);
    EXPECT_TRUE(IsUtf8(fit)) << "replacements are cut like other characters";
  }
}

TEST(FitTextsTest, ProvenanceAndDigestsHaveOnlySoManyEntries) {
  AttemptStart start;
  AttemptEnd end;
  for (int i = 0; i < 100; ++i) {
    const std::string name = std::to_string(i) + std::string(1'000, 'n');
    start.provenance[name] = std::string(10'000, 'v');
    end.digests[name] = std::string(10'000, 'v');
  }
  end.message = std::string(1 << 20, 'm');
  start = Fit(start);
  end = Fit(end);
  EXPECT_EQ(end.message.size(), kMaxMessageTextBytes);
  for (const auto& facts : {start.provenance, end.digests}) {
    EXPECT_EQ(facts.size(), kMaxFacts);
    for (const auto& [name, value] : facts) {
      EXPECT_EQ(name.size(), kMaxNameBytes);
      EXPECT_EQ(value.size(), kMaxMessageTextBytes);
    }
  }
}

}  // namespace
}  // namespace adares::worker
