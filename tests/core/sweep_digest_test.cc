// The digest: the same for the same work, another one for other work.
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "core/sweep_spec.h"

namespace adares {
namespace {

constexpr char kSweep[] = R"(apiVersion: adares/v1
kind: Sweep
name: s
title: A title
labels: {paper: x}
objective: {metric: test/accuracy, goal: maximize}
base: {train: {epochs: 2}}
axes:
  lr: {path: train.lr, values: [0.1, 0.01]}
  depth: {path: model.depth, values: [8, 14]}
compare: {baseline: {lr: 0.1}}
replicates: {seeds: [0, 1]}
schedule: {priority: 10}
)";

std::string DigestOf(const std::string& text, const std::vector<Override>& overrides = {}) {
  const absl::StatusOr<SweepPlan> plan = LoadSweep(text, "s.yaml", overrides);
  EXPECT_TRUE(plan.ok()) << plan.status() << "\n" << text;
  return plan.ok() ? plan->digest : "";
}

std::string DigestWith(const std::string& old_text, const std::string& new_text) {
  const std::string text = absl::StrReplaceAll(kSweep, {{old_text, new_text}});
  EXPECT_NE(text, kSweep) << old_text;
  return DigestOf(text);
}

TEST(SweepDigestTest, IsSha256) {
  const std::string digest = DigestOf(kSweep);
  EXPECT_EQ(digest.size(), 64U);
  EXPECT_EQ(digest.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(SweepDigestTest, DoesNotSeeWordsAndForm) {
  const std::string digest = DigestOf(kSweep);
  EXPECT_EQ(DigestWith("A title", "Another"), digest);
  EXPECT_EQ(DigestWith("paper: x", "author: y"), digest);
  EXPECT_EQ(DigestWith("priority: 10", "priority: 90"), digest);
  EXPECT_EQ(DigestWith("kind: Sweep\n", "# a comment\nkind:   'Sweep'\n\n"), digest);
  EXPECT_EQ(DigestWith("{train: {epochs: 2}}", "\n  train:\n    epochs: 2"), digest);
  EXPECT_EQ(DigestWith("0.01", "1E-2"), digest);
  EXPECT_EQ(DigestWith("epochs: 2", "batch_size: 128, epochs: 2"), digest) << "a default, written";
  EXPECT_EQ(DigestWith("\n", "\r\n"), digest);
}

TEST(SweepDigestTest, SeesWhatChangesTheWork) {
  const std::string digest = DigestOf(kSweep);
  EXPECT_NE(DigestWith("name: s", "name: t"), digest);
  EXPECT_NE(DigestWith("epochs: 2", "epochs: 3"), digest);
  EXPECT_NE(DigestWith("0.01", "0.02"), digest);
  EXPECT_NE(DigestWith("[8, 14]", "[14, 8]"), digest) << "order is part of the meaning";
  EXPECT_NE(DigestWith("lr: ", "rate: "), digest) << "results are read by the axis' name";
  EXPECT_NE(DigestWith("seeds: [0, 1]", "seeds: [0, 1, 2]"), digest);
  EXPECT_NE(DigestWith("seeds: [0, 1]", "seeds: [1, 0]"), digest);
  EXPECT_NE(DigestWith("baseline: {lr: 0.1}", "baseline: {lr: 0.01}"), digest);
  EXPECT_NE(DigestWith("test/accuracy", "validation/accuracy"), digest);
  EXPECT_NE(DigestWith("maximize", "minimize"), digest);
  EXPECT_NE(DigestWith("compare:", "design: {exclude: [{lr: 0.01, depth: 14}]}\ncompare:"), digest);
}

TEST(SweepDigestTest, ANameFromOutsideCountsAsIfWrittenInTheFile) {
  const auto renamed = LoadSweep(kSweep, "s.yaml", {{"name", "again"}, {"train.epochs", "3"}});
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_EQ(renamed->name, "again");
  const std::string text = absl::StrReplaceAll(kSweep, {{"name: s", "name: again"}});
  EXPECT_EQ(renamed->digest, DigestOf(text, {{"train.epochs", "3"}}));
}

TEST(SweepDigestTest, OverridesCountAsIfWrittenInTheFile) {
  EXPECT_EQ(DigestOf(kSweep, {{"train.epochs", "3"}}), DigestWith("epochs: 2", "epochs: 3"));
  EXPECT_EQ(DigestOf(kSweep, {{"train.epochs", "2"}}), DigestOf(kSweep));
}

}  // namespace
}  // namespace adares
