// What trials need and machines have.
#include "core/requirement.h"

#include <gmock/gmock.h>

#include "core/status.h"

namespace adares {
namespace {

using testing::Optional;

TEST(RequirementTest, FollowsFromTheSweepAndTheConfiguration) {
  TrialSpec spec;
  const Resources resources{"cpu", 1 << 20, {{"a", "b"}}};
  EXPECT_EQ(RequirementOf(resources, spec), (Requirement{resources, ""}));
  spec.data.dataset = Dataset::kFolder;
  spec.data.folder = "svhn";
  EXPECT_EQ(RequirementOf({}, spec).dataset, "folder/svhn");
  spec.data.dataset = Dataset::kFashionMnist;
  spec.train.precision = Precision::kTf32;
  EXPECT_EQ(RequirementOf({}, spec), (Requirement{{"cuda", 0, {}}, "fashion-mnist"}));
}

TEST(RequirementTest, AMachineFitsOrThereIsAReason) {
  const Requirement wants{{"cuda", 3 << 20, {{"gpu", "H200"}}}, "mnist"};
  Capability has{"cuda", 3 << 20, {{"gpu", "H200"}, {"more", "x"}}, std::set<std::string>{"mnist"}};
  EXPECT_EQ(WhyUnfit(wants, has), std::nullopt);
  Capability other = has;
  other.device = "cpu";
  EXPECT_THAT(WhyUnfit(wants, other), Optional(std::string("needs device cuda")));
  other = has;
  other.memory_bytes = (3 << 20) - 1;
  EXPECT_THAT(WhyUnfit(wants, other), Optional(std::string("needs 3 MiB of memory")));
  other = has;
  other.labels["gpu"] = "A100";
  EXPECT_THAT(WhyUnfit(wants, other), Optional(std::string("needs a worker labelled gpu=H200")));
  other = has;
  other.datasets = std::set<std::string>{};
  EXPECT_THAT(WhyUnfit(wants, other), Optional(std::string("needs data set mnist")));
}

TEST(RequirementTest, WhatAMachineDoesNotKnowOfItselfIsNoReason) {
  EXPECT_EQ(WhyUnfit({{"", 1 << 20, {}}, "mnist"}, Capability{"cpu", 0, {}, std::nullopt}),
            std::nullopt);
}

TEST(RequirementTest, TextsReadBack) {
  for (const Requirement& requirement :
       {Requirement{}, Requirement{{"cuda", 7, {{"a", "\"b\""}}}, "mnist"}}) {
    EXPECT_EQ(*ParseRequirement(ToText(requirement)), requirement);
  }
  EXPECT_EQ(ToText(Requirement{}), "{}");
  for (const Capability& capability :
       {Capability{}, Capability{"cpu", 5, {{"a", "b"}}, std::set<std::string>{"x", "y"}},
        Capability{"cuda", 0, {}, std::set<std::string>{}}}) {
    EXPECT_EQ(*ParseCapability(ToText(capability)), capability);
  }
}

TEST(RequirementTest, OtherTextsAreCorrupt) {
  for (const char* text : {"", "[]", "{", R"({"device": 1})", R"({"labels": []})"}) {
    EXPECT_EQ(ErrorReason(ParseRequirement(text).status()), reason::kDatabaseCorrupt) << text;
  }
  EXPECT_FALSE(ParseCapability(R"({"datasets": "mnist"})").ok());
}

}  // namespace
}  // namespace adares
