// Expansion: order, labels, ids, exclude rules, baselines and overrides.
#include "core/sweepfile/expansion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/sweep_spec.h"
#include "tests/core/source_tree.h"

namespace adares {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kHead[] = R"(apiVersion: adares/v1
kind: Sweep
name: s
)";

constexpr char kAxes[] = R"yaml(axes:
  granularity: {path: model.skip.granularity, values: [none, block]}
  init: {path: model.skip.init, values: [1, "normal(0, 0.05)"]
}
  lr: {path: train.lr, values: [1e-1, 0.01]}
design: {exclude: [{granularity: none, init: "normal(0, 5e-2)"}]}
replicates: {seeds: [3, 1]}
)yaml";

SweepPlan Load(const std::string& body, const std::vector<Override>& overrides = {}) {
  absl::StatusOr<SweepPlan> plan = LoadSweep(kHead + body, "s.yaml", overrides);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *std::move(plan) : SweepPlan{};
}

std::vector<std::string> Labels(const SweepPlan& plan) {
  std::vector<std::string> labels;
  for (const Variant& variant : plan.variants) labels.push_back(variant.label);
  return labels;
}

// For each variant the label of the one it is compared with, "" for none.
std::vector<std::string> Baselines(const SweepPlan& plan) {
  std::vector<std::string> labels;
  for (const Variant& variant : plan.variants) {
    labels.emplace_back();
    for (const Variant& other : plan.variants) {
      if (other.id == variant.baseline_id) labels.back() = other.label;
    }
  }
  return labels;
}

TEST(SweepExpansionTest, LastAxisVariesFastest) {
  EXPECT_THAT(Labels(Load(kAxes)),
              ElementsAre("granularity=none init=1 lr=0.1", "granularity=none init=1 lr=0.01",
                          "granularity=block init=1 lr=0.1", "granularity=block init=1 lr=0.01",
                          "granularity=block init=normal(0, 0.05) lr=0.1",
                          "granularity=block init=normal(0, 0.05) lr=0.01"));
}

TEST(SweepExpansionTest, ProductGivesTheOrderOfAxes) {
  const SweepPlan plan = Load(R"(axes:
  a: {path: train.lr, values: [1, 2]}
  b: {path: train.epochs, values: [3, 4]}
design: {product: [b, a]}
replicates: {seeds: [0]}
)");
  EXPECT_THAT(Labels(plan), ElementsAre("b=3 a=1", "b=3 a=2", "b=4 a=1", "b=4 a=2"));
  EXPECT_EQ(plan.axes.at(0).name, "b");
  EXPECT_EQ(plan.axes.at(0).path, "train.epochs");
  EXPECT_THAT(plan.axes.at(1).values, ElementsAre("1", "2"));
}

TEST(SweepExpansionTest, TrialsComeSeedBySeed) {
  const SweepPlan plan = Load(kAxes);
  ASSERT_EQ(plan.trials.size(), 12U);
  EXPECT_THAT(plan.seeds, ElementsAre(3, 1));
  for (size_t i = 0; i < plan.trials.size(); ++i) {
    EXPECT_EQ(plan.trials[i].seed, i < 6 ? 3 : 1);
    EXPECT_EQ(plan.trials[i].variant_index, i % 6);
    TrialSpec spec = plan.variants[i % 6].spec;
    EXPECT_EQ(spec.seed, 0);
    spec.seed = plan.trials[i].seed;
    EXPECT_EQ(plan.trials[i].id, TrialId(spec));
  }
}

TEST(SweepExpansionTest, VariantsCarryTheirAxesAndConfiguration) {
  const SweepPlan plan = Load(kAxes);
  const Variant& variant = plan.variants.at(5);
  EXPECT_THAT(variant.axes, ElementsAre(Pair("granularity", "block"),
                                        Pair("init", "normal(0, 0.05)"), Pair("lr", "0.01")));
  TrialSpec expected;
  expected.model.skip = {Granularity::kBlock, {SkipInit::Kind::kNormal, 0, 0.05}};
  expected.train.lr = 0.01;
  EXPECT_EQ(variant.spec, expected);
  EXPECT_EQ(variant.id, VariantId(expected));
}

// The id of the trial with granularity block and seed 1, by sha256sum over its canonical JSON.
TEST(SweepExpansionTest, IdsAreStable) {
  const SweepPlan plan = Load(
      "base:\n"
      "  model: {family: cifar, depth: 8}\n"
      "  data: {dataset: synthetic, train_size: 6000, validation_size: 1000, test_size: 2000}\n"
      "  train: {epochs: 4, batch_size: 128, lr: 0.1, schedule: cosine, log_every: 10}\n"
      "axes: {granularity: {path: model.skip.granularity, values: [none, block]}}\n"
      "replicates: {seeds: [0, 1]}\n");
  EXPECT_EQ(plan.trials.at(3).id, "ba685f5bb903") << "results under this id would be orphaned";
}

TEST(SweepExpansionTest, WithoutAxesThereIsOneVariant) {
  const SweepPlan plan = Load("base: {train: {epochs: 3}}\nreplicates: {seeds: [0, 1, 2]}\n");
  EXPECT_THAT(Labels(plan), ElementsAre("base"));
  EXPECT_EQ(plan.variants.at(0).spec.train.epochs, 3);
  EXPECT_THAT(plan.variants.at(0).axes, IsEmpty());
  EXPECT_EQ(plan.variants.at(0).baseline_id, "");
  EXPECT_EQ(plan.trials.size(), 3U);
}

TEST(SweepExpansionTest, WhatIsNotWrittenHasItsDefault) {
  const SweepPlan plan = Load("replicates: {seeds: [0]}\n");
  EXPECT_EQ(plan.variants.at(0).spec, TrialSpec{});
  EXPECT_EQ(plan.title, "");
  EXPECT_EQ(plan.schedule.priority, 50);
  EXPECT_EQ(plan.objective.metric, "test/accuracy");
  EXPECT_EQ(plan.objective.goal, Goal::kMaximize);
}

TEST(SweepExpansionTest, HeadIsRead) {
  const SweepPlan plan = Load(R"(title: "Gr\u00f6\u00dfe: 5"
labels: {paper: 2408.09958, team/name: "a b"}
objective: {metric: validation/loss, goal: minimize}
replicates: {seeds: [9223372036854775807]}
schedule: {priority: 100}
)");
  EXPECT_EQ(plan.name, "s");
  EXPECT_EQ(plan.title,
            "Gr\xc3\xb6\xc3\x9f"
            "e: 5");
  EXPECT_THAT(plan.labels, ElementsAre(Pair("paper", "2408.09958"), Pair("team/name", "a b")));
  EXPECT_EQ(plan.objective.metric, "validation/loss");
  EXPECT_EQ(plan.objective.goal, Goal::kMinimize);
  EXPECT_THAT(plan.seeds, ElementsAre(9223372036854775807));
  EXPECT_EQ(plan.schedule.priority, 100);
}

TEST(SweepExpansionTest, JsonIsRead) {
  const absl::StatusOr<SweepPlan> json = LoadSweep(
      R"({"apiVersion":"adares/v1","kind":"Sweep","name":"s","axes":{"lr":{"path":"train.lr",)"
      R"("values":[0.1,1e-2]}},"replicates":{"seeds":[0]}})",
      "s.json");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->digest, Load("axes: {lr: {path: train.lr, values: [0.1, 0.01]}}\n"
                               "replicates: {seeds: [0]}\n")
                              .digest);
}

TEST(SweepExpansionTest, AnExcludeListMeansAnyOf) {
  const SweepPlan plan = Load(R"(axes:
  depth: {path: model.depth, values: [8, 14, 20]}
  lr: {path: train.lr, values: [1, 2]}
design:
  exclude:
    - {depth: [8, 20], lr: 2}
    - {depth: 8}
replicates: {seeds: [0]}
)");
  EXPECT_THAT(Labels(plan), ElementsAre("depth=14 lr=1", "depth=14 lr=2", "depth=20 lr=1"));
}

TEST(SweepExpansionTest, ARuleMayMatchOnlyWhatOthersMatchToo) {
  EXPECT_EQ(Load(R"(axes: {lr: {path: train.lr, values: [1, 2, 3]}}
design: {exclude: [{lr: [1, 2]}, {lr: 2}]}
replicates: {seeds: [0]}
)")
                .variants.size(),
            1U);
}

TEST(SweepExpansionTest, ABaselineOfSomeAxesKeepsTheOthers) {
  const SweepPlan plan = Load(std::string(kAxes) + "compare: {baseline: {granularity: none}}\n");
  EXPECT_THAT(plan.baseline, ElementsAre(Pair("granularity", "none")));
  // Where the partner is excluded there is nothing to compare with.
  EXPECT_THAT(
      Baselines(plan),
      ElementsAre("granularity=none init=1 lr=0.1", "granularity=none init=1 lr=0.01",
                  "granularity=none init=1 lr=0.1", "granularity=none init=1 lr=0.01", "", ""));
}

TEST(SweepExpansionTest, ABaselineOfAllAxesIsOneVariant) {
  const SweepPlan plan =
      Load(std::string(kAxes) + "compare: {baseline: {granularity: none, init: 1.0, lr: 0.1}}\n");
  EXPECT_THAT(Baselines(plan), testing::Each("granularity=none init=1 lr=0.1"));
}

TEST(SweepExpansionTest, OverridesChangeTheBase) {
  const SweepPlan plan =
      Load(kAxes, {{"train.epochs", "2"}, {"data.dataset", "mnist"}, {"train.momentum", "0"}});
  for (const Variant& variant : plan.variants) {
    EXPECT_EQ(variant.spec.train.epochs, 2);
    EXPECT_EQ(variant.spec.data.dataset, Dataset::kMnist);
    EXPECT_EQ(variant.spec.train.momentum, 0);
  }
}

// The reader refuses two axes on one path; whatever makes equal cells, the expansion does too.
TEST(SweepExpansionTest, EqualCellsAreAnError) {
  SweepDocument document;
  const auto rate = [](const char* text) { return std::vector<Setting>{{"train.lr", text, {}}}; };
  document.axes = {{{"a", "train.lr", {"1", "2"}}, {rate("1"), rate("2")}, {{5, 1}, {5, 2}}},
                   {{"b", "train.lr", {"3", "4"}}, {rate("3"), rate("4")}, {{6, 1}, {6, 2}}}};
  document.seeds = {0};
  document.base_place = {4, 7};
  const absl::StatusOr<SweepPlan> plan = ExpandSweep(document, SpecErrors("s.yaml"));
  EXPECT_EQ(std::string(plan.status().message()),
            "s.yaml:4:7: the cells a=1 b=3 and a=2 b=3 are the same configuration");
}

TEST(SweepExpansionTest, TheLargestSweepIsAcceptedAndOneMoreTrialIsNot) {
  std::string seeds = "0";
  for (int i = 1; i < 10'000; ++i) seeds += "," + std::to_string(i);
  const std::string body =
      std::string(kHead) + "axes: {lr: {path: train.lr, values: [1, 2]}}\nreplicates: {seeds: [";
  const absl::StatusOr<SweepPlan> largest = LoadSweep(body + seeds + "]}\n", "s.yaml");
  ASSERT_TRUE(largest.ok()) << largest.status();
  EXPECT_EQ(largest->trials.size(), kMaxTrialsPerSweep);
  EXPECT_THAT(std::string(LoadSweep(body + seeds + ",10000]}\n", "s.yaml").status().message()),
              HasSubstr("s.yaml:5:21: axes and seeds make more than 20000 trials"));
}

TEST(SweepNameTest, IsADnsLabelWithALetterFirst) {
  for (const char* good : {"a", "a1", "skip-weight-2"}) EXPECT_TRUE(IsSweepName(good)) << good;
  EXPECT_TRUE(IsSweepName(std::string(63, 'a')));
  for (const char* bad : {"", "1a", "-a", "a-", "A", "a_b", "a.b", "a/b", "a b", "\xc3\xa4"}) {
    EXPECT_FALSE(IsSweepName(bad)) << bad;
  }
  EXPECT_FALSE(IsSweepName(std::string(64, 'a')));
}

}  // namespace
}  // namespace adares
