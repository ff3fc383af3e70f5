// Methods and recipes: possible configurations, written as the page lists them.
#include "core/presets.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/trial_spec.h"
#include "core/trial_spec_fields.h"
#include "tests/core/source_tree.h"

namespace adares {
namespace {

// A configuration that has nothing but the preset, on data that any recipe can take.
TrialSpec SpecOf(const Preset& preset) {
  TrialSpec spec;
  spec.data.dataset = Dataset::kCifar10;
  for (const auto& [path, text] : preset.settings) {
    EXPECT_TRUE(FindTrialSpecField(path)->set(spec, {text, false}).ok()) << preset.name;
  }
  return spec;
}

class PresetsTest : public testing::TestWithParam<const char*> {
 protected:
  const std::vector<Preset>& presets_ = *PresetsAt(GetParam());
};

TEST_P(PresetsTest, ArePossibleConfigurationsInCanonicalTextThatDiffer) {
  std::set<std::string> ids;
  for (const Preset& preset : presets_) {
    const TrialSpec spec = SpecOf(preset);
    for (const auto& [path, text] : preset.settings) {
      EXPECT_EQ(FindTrialSpecField(path)->text(spec), text) << preset.name << " " << path;
    }
    const auto conflict = FindConflict(spec);
    EXPECT_FALSE(conflict.has_value()) << preset.name << ": " << conflict->message;
    EXPECT_TRUE(ids.insert(TrialId(spec)).second) << preset.name;
  }
}

TEST_P(PresetsTest, AreFoundByTheirNames) {
  for (const Preset& preset : presets_) EXPECT_EQ(FindPreset(GetParam(), preset.name), &preset);
  EXPECT_EQ(FindPreset(GetParam(), "nonsense"), nullptr);
  EXPECT_EQ(FindPreset("train.lr", presets_.front().name), nullptr);
}

TEST_P(PresetsTest, StandOnThePageInTheirOrder) {
  const std::string page = ReadSourceFile("docs/presets.md");
  std::string rows;
  for (const Preset& preset : presets_) {
    absl::StrAppend(&rows, "| `", preset.name, "` | ");
    for (const auto& [path, text] : preset.settings) {
      absl::StrAppend(&rows, "`", path, "=", text, "` ");
    }
    absl::StrAppend(&rows, "| ", preset.doc, " |\n");
  }
  EXPECT_NE(page.find(rows), std::string::npos) << "docs/presets.md lacks the rows\n" << rows;
}

INSTANTIATE_TEST_SUITE_P(All, PresetsTest, testing::Values(kRecipePath, kMethodPath),
                         [](const auto& test) {
                           return test.param == std::string(kRecipePath) ? "recipes" : "methods";
                         });

// The names that papers and studies go by.
TEST(MethodPresetsTest, HoldTheMethodsOfTheLiterature) {
  for (const char* name :
       {"resnet",      "plain",         "fixed2x",         "ada_v1",           "ada_v2",
        "ada_unified", "ada_stage",     "ada_blocktype",   "ada_channel",      "admin",
        "rezero",      "skipinit",      "layerscale",      "layerscale_small", "zero_gamma",
        "inception",   "deepnorm_like", "decayed",         "normformer",       "highway_scalar",
        "stochdepth",  "halved",        "norm_preserving", "residual_gate"}) {
    EXPECT_NE(FindPreset(kMethodPath, name), nullptr) << name;
  }
}

// Science of the published program: 50,000 pictures / 255, Adam of Keras at 1e-3, batches of 32,
// ten epochs, and the test part as validation.
TEST(RecipePresetsTest, FaithfulIsThePublishedProgram) {
  const TrialSpec spec = SpecOf(*FindPreset(kRecipePath, "faithful"));
  EXPECT_EQ(spec.train.batch_size, 32);
  EXPECT_EQ(spec.train.epochs, 10);
  EXPECT_EQ(spec.train.lr, 1e-3);
  EXPECT_EQ(spec.train.optimizer, OptimizerKind::kKerasAdam);
  EXPECT_EQ(spec.train.schedule, ScheduleKind::kConstant);
  EXPECT_EQ(spec.train.weight_decay, 0);
  EXPECT_EQ(spec.data.validation_size, 0);
  EXPECT_EQ(spec.data.augment, Augment::kNone);
  EXPECT_FALSE(spec.data.normalise);
}

// Nesterov's SGD on crops and mirrored pictures, 5,000 held out, thirty epochs of which the first
// warms up and a cosine has the rest.
TEST(RecipePresetsTest, CleanIsTheUsualRecipeOfSmallPictures) {
  const TrialSpec spec = SpecOf(*FindPreset(kRecipePath, "clean"));
  EXPECT_EQ(spec.train.batch_size, 128);
  EXPECT_EQ(spec.train.epochs, 30);
  EXPECT_EQ(spec.train.lr, 0.1);
  EXPECT_EQ(spec.train.optimizer, OptimizerKind::kNesterov);
  EXPECT_EQ(spec.train.momentum, 0.9);
  EXPECT_EQ(spec.train.weight_decay, 5e-4);
  EXPECT_EQ(spec.train.schedule, ScheduleKind::kCosine);
  EXPECT_EQ(spec.train.warmup_epochs, 1);
  EXPECT_EQ(spec.data.validation_size, 5000);
  EXPECT_EQ(spec.data.augment, Augment::kCropFlip);
  EXPECT_TRUE(spec.data.normalise);
}

// Initial kernels, padding and the constants of batch norm are the family's.
TEST(RecipePresetsTest, LeaveTheNetworkAsItIs) {
  for (const Preset& preset : RecipePresets()) {
    EXPECT_EQ(SpecOf(preset).model, ModelSpec{}) << preset.name;
    EXPECT_EQ(SpecOf(preset).train.precision, Precision::kFp32) << preset.name;
  }
}

}  // namespace
}  // namespace adares
