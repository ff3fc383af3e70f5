// Presets and named settings in sweep files: what wins over what, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/sweep_spec.h"

namespace adares {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kHead[] =
    "apiVersion: adares/v1\n"
    "kind: Sweep\n"
    "name: s\n"
    "replicates: {seeds: [0]}\n";

absl::StatusOr<SweepPlan> Read(const std::string& body, const std::vector<Override>& set = {}) {
  return LoadSweep(kHead + body, "s.yaml", set);
}

// The variants by their labels.
std::map<std::string, TrialSpec> Specs(const std::string& body,
                                       const std::vector<Override>& set = {}) {
  const absl::StatusOr<SweepPlan> plan = Read(body, set);
  EXPECT_TRUE(plan.ok()) << plan.status();
  std::map<std::string, TrialSpec> specs;
  if (!plan.ok()) return specs;
  for (const Variant& variant : plan->variants) specs[variant.label] = variant.spec;
  return specs;
}

std::string ErrorOf(const std::string& body, const std::vector<Override>& set = {}) {
  return std::string(Read(body, set).status().message());
}

TEST(SweepPresetTest, ARecipeGivesWhatTheBaseDoesNotSay) {
  const TrialSpec spec = Specs("base: {recipe: faithful, train: {epochs: 3}}\n")["base"];
  EXPECT_EQ(spec.train.epochs, 3);
  EXPECT_EQ(spec.train.batch_size, 32);
  EXPECT_EQ(spec.train.optimizer, OptimizerKind::kKerasAdam);
}

TEST(SweepPresetTest, TheOrderOfKeysDoesNotMatter) {
  const std::string first = "base: {recipe: faithful, train: {epochs: 3}}\n";
  const std::string last = "base: {train: {epochs: 3}, recipe: faithful}\n";
  EXPECT_EQ(Specs(first), Specs(last));
}

TEST(SweepPresetTest, TheIdIsThatOfTheSettings) {
  const auto named = Read("base: {model: {method: ada_v1}}\n");
  const auto spelled = Read("base: {model: {skip: {granularity: block, init: 0}}}\n");
  ASSERT_TRUE(named.ok() && spelled.ok());
  EXPECT_EQ(named->variants[0].id, spelled->variants[0].id);
}

TEST(SweepPresetTest, AnAxisOfMethodsMakesAVariantOfEach) {
  auto specs = Specs("axes: {m: {path: model.method, values: [resnet, rezero]}}\n");
  EXPECT_EQ(specs.size(), 2U);
  EXPECT_EQ(specs["m=resnet"].model.skip.granularity, Granularity::kNone);
  EXPECT_EQ(specs["m=rezero"].model.skip.placement, SkipPlacement::kResidual);
}

TEST(SweepPresetTest, AnAxisOfRecipesStaysBelowTheBase) {
  auto specs = Specs(
      "base: {data: {dataset: cifar10}, train: {epochs: 2}}\n"
      "axes: {r: {path: recipe, values: [faithful, clean]}}\n");
  EXPECT_EQ(specs["r=faithful"].train.epochs, 2);
  EXPECT_EQ(specs["r=clean"].train.epochs, 2);
  EXPECT_EQ(specs["r=faithful"].train.batch_size, 32);
  EXPECT_EQ(specs["r=clean"].train.batch_size, 128);
}

TEST(SweepPresetTest, AnAxisMayVaryWhatAMethodSets) {
  auto specs = Specs(
      "base: {model: {method: ada_v1}}\n"
      "axes: {init: {path: model.skip.init, values: [0, 1]}}\n");
  EXPECT_EQ(specs["init=1"].model.skip.granularity, Granularity::kBlock);
  EXPECT_EQ(specs["init=1"].model.skip.init.value, 1);
  EXPECT_EQ(specs["init=0"].model.skip.init.value, 0);
}

TEST(SweepPresetTest, ARecipeOfTheCommandLineReplacesThatOfTheBase) {
  const TrialSpec spec =
      Specs("base: {recipe: clean, data: {dataset: cifar10}}\n", {{"recipe", "faithful"}})["base"];
  EXPECT_EQ(spec.train.batch_size, 32);
  EXPECT_EQ(spec.train.warmup_epochs, 0) << "of the recipe that was replaced";
}

constexpr char kArms[] =
    "base: {train: {epochs: 2}}\n"
    "axes:\n"
    "  arm:\n"
    "    values:\n"
    "      learned: {model: {method: ada_v1}, train: {lr: 0.01}}\n"
    "      fixed-1: {model: {skip: {granularity: unified, init: 1, train: frozen}}}\n"
    "      as-base: {}\n"
    "  depth: {path: model.depth, values: [8, 14]}\n";

TEST(SweepPresetTest, NamedSettingsSetSeveralFieldsTogether) {
  auto specs = Specs(kArms);
  EXPECT_EQ(specs.size(), 6U);
  EXPECT_EQ(specs["arm=learned depth=14"].train.lr, 0.01);
  EXPECT_EQ(specs["arm=learned depth=14"].model.skip.granularity, Granularity::kBlock);
  EXPECT_EQ(specs["arm=fixed-1 depth=8"].model.skip.train, SkipTraining::kFrozen);
  EXPECT_EQ(specs["arm=fixed-1 depth=8"].train.lr, 0.1);
  EXPECT_EQ(specs["arm=as-base depth=8"].model.skip, SkipSpec{});
  EXPECT_EQ(specs["arm=as-base depth=8"].train.epochs, 2);
}

TEST(SweepPresetTest, RulesAndBaselinesReferToNamedSettingsByName) {
  const auto plan = Read(std::string(kArms) +
                         "design: {exclude: [{arm: [fixed-1, learned], depth: 14}]}\n"
                         "compare: {baseline: {arm: as-base}}\n");
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->variants.size(), 4U);
  EXPECT_THAT(plan->variants[0].axes, ElementsAre(Pair("arm", "learned"), Pair("depth", "8")));
  EXPECT_EQ(plan->variants[0].baseline_id, plan->variants[2].id);
  EXPECT_EQ(plan->axes[0].path, "");
}

TEST(SweepPresetTest, UnknownNamesAreRefusedWithTheirPlace) {
  EXPECT_EQ(ErrorOf("base: {recipe: faithfull}\n"),
            "s.yaml:5:16: recipe takes one of faithful, clean: \"faithfull\" is none of them; did "
            "you mean \"faithful\"?");
  EXPECT_EQ(ErrorOf("base: {recipe: {epochs: 1}}\n"),
            "s.yaml:5:16: recipe takes one value, not a map");
  EXPECT_EQ(ErrorOf(std::string(kArms) + "compare: {baseline: {arm: fixed-2}}\n"),
            "s.yaml:13:27: axis arm has no value fixed-2; did you mean \"fixed-1\"?");
  EXPECT_EQ(ErrorOf("axes: {arm: {values: {A: {}}}}\n"),
            "s.yaml:5:23: a value cannot be called \"A\"; write up to 63 of a-z, 0-9, _, - and ., "
            "a letter or digit first");
  EXPECT_EQ(ErrorOf("axes: {arm: {values: {a: {train: {lrr: 1}}}}}\n"),
            "s.yaml:5:35: unknown key \"lrr\" in train; did you mean \"lr\"?");
  EXPECT_EQ(ErrorOf("axes: {arm: {values: {}}}\n"),
            "s.yaml:5:22: axes.arm.values names at least one value");
  EXPECT_EQ(ErrorOf("axes: {arm: {values: [1]}}\n"),
            "s.yaml:5:22: axes.arm.values is a list, which needs a path beside it; without a path, "
            "write a map from names to settings");
}

TEST(SweepPresetTest, NothingStandsBesideAMethodThatTheMethodSets) {
  const std::string way_out =
      ", so it cannot be set beside it; leave it out, vary it by an axis, or write the fields of "
      "the method instead of its name";
  EXPECT_EQ(ErrorOf("base: {model: {method: ada_v1, skip: {init: 1}}}\n"),
            "s.yaml:5:45: model.method ada_v1 sets model.skip.init" + way_out);
  EXPECT_EQ(ErrorOf("base: {model: {skip: {init: 1}}}\n"
                    "axes: {m: {path: model.method, values: [resnet, ada_v1]}}\n"),
            "s.yaml:5:29: model.method ada_v1 sets model.skip.init" + way_out);
  EXPECT_EQ(ErrorOf("base: {model: {method: ada_v1}}\n", {{"model.skip.init", "1"}}),
            "--set model.skip.init=1: model.method ada_v1 sets model.skip.init" + way_out);
  EXPECT_EQ(ErrorOf("axes: {a: {values: {x: {model: {method: ada_v1, skip: {init: 2}}}}}}\n"),
            "s.yaml:5:62: model.method ada_v1 sets model.skip.init" + way_out);
}

TEST(SweepPresetTest, AMethodThatIsReplacedSetsNothing) {
  const TrialSpec spec = Specs("base: {model: {method: skipinit}}\n",
                               {{"model.method", "ada_v1"}, {"model.norm", "none"}})["base"];
  EXPECT_EQ(spec.model.skip.placement, SkipPlacement::kSkip);
  EXPECT_EQ(spec.model.norm, Norm::kNone);
}

TEST(SweepPresetTest, TwoAxesDoNotSetOneField) {
  EXPECT_EQ(ErrorOf("axes:\n"
                    "  lr: {path: train.lr, values: [1]}\n"
                    "  arm: {values: {a: {train: {lr: 2}}}}\n"),
            "s.yaml:7:34: axes lr and arm both set train.lr; remove one of them");
  EXPECT_EQ(ErrorOf(kArms, {{"train.lr", "1"}}),
            "--set train.lr=1: the axis arm gives this field its values; change the axis in the "
            "file");
}

TEST(SweepPresetTest, AnObjectiveOnValidationNeedsAPartThatIsHeldOut) {
  EXPECT_EQ(ErrorOf("objective: {metric: validation/accuracy, goal: maximize}\n"
                    "base: {recipe: faithful}\n"),
            "s.yaml:5:21: the objective validation/accuracy needs data.validation_size > 0, and it "
            "is 0 in the cell base; take a metric of the test part, or hold something out");
}

TEST(SweepPresetTest, AConflictBlamesTheNameThatBroughtIt) {
  EXPECT_EQ(ErrorOf("base: {recipe: clean}\n"),
            "s.yaml:5:16: data.augment crop-flip mirrors pictures, and a mirrored picture of "
            "synthetic may belong to another class; take crop, or another dataset");
  EXPECT_EQ(ErrorOf("axes: {r: {path: recipe, values: [faithful, clean]}}\n"),
            "s.yaml:5:45: data.augment crop-flip mirrors pictures, and a mirrored picture of "
            "synthetic may belong to another class; take crop, or another dataset (cell r=clean)");
}

}  // namespace
}  // namespace adares
