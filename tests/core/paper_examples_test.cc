// The sweeps of examples/paper are what docs/study.md says of them: arms, recipe, baseline, seeds.
// All is written out here once more.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "core/presets.h"
#include "core/sweep_spec.h"
#include "core/trial_spec_fields.h"
#include "tests/core/source_tree.h"

namespace adares {
namespace {

struct Arm {
  std::string label;
  ModelSpec model;
};

struct Study {
  std::string name;
  std::vector<Arm> arms;
  std::string baseline;  // the arm's label
  std::vector<int64_t> seeds;
};

void PrintTo(const Study& study, std::ostream* out) { *out << study.name; }

ModelSpec Network(Family family, int64_t depth, Stem stem = Stem::kCifar) {
  ModelSpec model;
  model.family = family;
  model.depth = depth;
  model.stem = stem;
  return model;
}

// The network published with AdaResNet.
ModelSpec Paper18(const SkipSpec& skip) {
  ModelSpec model = Network(Family::kPaper, 18);
  model.skip = skip;
  return model;
}

SkipSpec Learned(Granularity granularity, const SkipInit& init = {}) {
  SkipSpec skip;
  skip.granularity = granularity;
  skip.init = init;
  return skip;
}

SkipInit Constant(double value) { return {SkipInit::Kind::kConstant, value}; }

SkipSpec Fixed(double value) {
  SkipSpec skip = Learned(Granularity::kUnified, Constant(value));
  skip.train = SkipTraining::kFrozen;
  return skip;
}

SkipSpec FirstProgram() { return Learned(Granularity::kBlock, Constant(0)); }

SkipSpec SecondProgram() {
  SkipSpec skip = Learned(Granularity::kBlock);
  skip.init_identity = Constant(0);
  skip.init_convolutional = SkipInit{SkipInit::Kind::kNormal, 0, 0.05};
  return skip;
}

constexpr SkipConstraint kToOne = {SkipConstraint::Kind::kSigmoid, 0, 1};
constexpr SkipConstraint kToTwo = {SkipConstraint::Kind::kSigmoid, 0, 2};
constexpr SkipConstraint kClamped = {SkipConstraint::Kind::kClamp, 0, 1};

Arm Start(const std::string& text, const SkipInit& init, const SkipConstraint& constraint = {},
          const std::string& word = "none") {
  SkipSpec skip = Learned(Granularity::kBlock, init);
  skip.constraint = constraint;
  return {"init=" + text + " constraint=" + word + " learning=usual", Paper18(skip)};
}

Arm FromOne(const std::string& learning, double lr_mult, double decay, double centre = 0) {
  SkipSpec skip = Learned(Granularity::kBlock, Constant(1));
  skip.lr_mult = lr_mult;
  skip.weight_decay = decay;
  skip.decay_centre = centre;
  return {"init=1 constraint=none learning=" + learning, Paper18(skip)};
}

std::vector<Study> Studies() {
  const ModelSpec resnet50 = Network(Family::kPaper, 50);
  return {
      {"comparison",
       {{"network=resnet50", resnet50},
        {"network=ada-v1", Paper18(FirstProgram())},
        {"network=ada-v2", Paper18(SecondProgram())},
        {"network=ada-unified", Paper18(Learned(Granularity::kUnified, Constant(0)))}},
       "network=resnet50",
       {0, 1, 2}},
      {"controls",
       {{"weight=fixed-1", Paper18(Fixed(1))},
        {"weight=fixed-0", Paper18(Fixed(0))},
        {"weight=fixed-2", Paper18(Fixed(2))},
        {"weight=learned-v1", Paper18(FirstProgram())},
        {"weight=learned-v2", Paper18(SecondProgram())},
        {"weight=resnet50", resnet50}},
       "weight=fixed-1",
       {0, 1, 2}},
      {"baseline",
       {{"network=keras-resnet50", resnet50},
        {"network=torchvision-resnet50", Network(Family::kResnet, 50, Stem::kImagenet)},
        {"network=torchvision-resnet18", Network(Family::kResnet, 18, Stem::kImagenet)},
        {"network=cifar-stem-resnet50", Network(Family::kResnet, 50, Stem::kCifar)},
        {"network=cifar-stem-resnet18", Network(Family::kResnet, 18, Stem::kCifar)}},
       "network=keras-resnet50",
       {0, 1, 2}},
      {"initial-values",
       {Start("1", Constant(1)), FromOne("slow", 0.1, 0), FromOne("fast", 10, 0),
        FromOne("decay-to-0", 1, 0.01), FromOne("decay-to-1", 1, 0.01, 1),
        Start("1", Constant(1), kToTwo, "sigmoid(2)"), Start("0", Constant(0)),
        Start("0.1", Constant(0.1)), Start("0.1", Constant(0.1), kToTwo, "sigmoid(2)"),
        Start("0.5", Constant(0.5)), Start("0.5", Constant(0.5), kToTwo, "sigmoid(2)"),
        Start("0.5", Constant(0.5), kToOne, "sigmoid(1)"),
        Start("0.5", Constant(0.5), kClamped, "clamp(0, 1)"), Start("2", Constant(2)),
        Start("uniform(0, 1)", {SkipInit::Kind::kUniform, 0, 0, 1}),
        Start("normal(1, 0.1)", {SkipInit::Kind::kNormal, 1, 0.1}),
        Start("normal(0, 0.05)", {SkipInit::Kind::kNormal, 0, 0.05}),
        Start("match-rms(1)", {SkipInit::Kind::kMatchRms, 1})},
       "init=1 constraint=none learning=usual",
       {0, 1, 2}},
      {"granularity",
       {{"granularity=none", Network(Family::kPaper, 18)},
        {"granularity=unified", Paper18(Learned(Granularity::kUnified))},
        {"granularity=stage", Paper18(Learned(Granularity::kStage))},
        {"granularity=block-type", Paper18(Learned(Granularity::kBlockType))},
        {"granularity=block", Paper18(Learned(Granularity::kBlock))},
        {"granularity=channel", Paper18(Learned(Granularity::kChannel))}},
       "granularity=none",
       {0, 1, 2, 3, 4}},
  };
}

// What all arms of a study have in common: CIFAR-10, and the recipe as it is.
TrialSpec CommonSpec(const std::string& recipe) {
  TrialSpec spec;
  spec.data.dataset = Dataset::kCifar10;
  for (const auto& [path, text] : FindPreset(kRecipePath, recipe)->settings) {
    EXPECT_TRUE(FindTrialSpecField(path)->set(spec, {text, false}).ok()) << path;
  }
  return spec;
}

class PaperExampleTest : public testing::TestWithParam<std::tuple<Study, std::string>> {};

TEST_P(PaperExampleTest, HasItsArmsRecipeBaselineAndSeeds) {
  const auto& [study, recipe] = GetParam();
  const std::string path = "examples/paper/" + study.name + "-" + recipe + ".yaml";
  const absl::StatusOr<SweepPlan> plan = LoadSweep(ReadSourceFile(path), path);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->seeds, study.seeds);
  EXPECT_EQ(plan->objective.metric, "test/accuracy");
  ASSERT_EQ(plan->variants.size(), study.arms.size());
  std::string baseline;
  for (size_t i = 0; i < study.arms.size(); ++i) {
    const Variant& variant = plan->variants[i];
    EXPECT_EQ(variant.label, study.arms[i].label);
    TrialSpec expected = CommonSpec(recipe);
    expected.model = study.arms[i].model;
    EXPECT_EQ(CanonicalJson(variant.spec), CanonicalJson(expected)) << variant.label;
    if (variant.id == variant.baseline_id) baseline = variant.label;
    EXPECT_EQ(variant.baseline_id, plan->variants[0].baseline_id);
  }
  EXPECT_EQ(baseline, study.baseline);
}

INSTANTIATE_TEST_SUITE_P(Files, PaperExampleTest,
                         testing::Combine(testing::ValuesIn(Studies()),
                                          testing::Values("faithful", "clean")),
                         [](const auto& test) {
                           std::string name = std::get<0>(test.param).name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name + "_" + std::get<1>(test.param);
                         });

TEST(PaperExamplesTest, AreTheseAndNoOthers) {
  int files = 0;
  const auto folder = std::filesystem::path(ADARES_SOURCE_DIR) / "examples/paper";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files += entry.path().extension() == ".yaml" ? 1 : 0;
  }
  EXPECT_EQ(files, static_cast<int>(2 * Studies().size()));
}

}  // namespace
}  // namespace adares
