// Rules between the fields of `model.skip`: what is refused, where, and the way out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "core/trial_spec_fields.h"

namespace adares {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Setting {
  std::string path;  // below model.skip
  std::string text;
};

// A spec with one weight a block and the settings on top.
TrialSpec SpecWith(const std::vector<Setting>& settings) {
  TrialSpec spec;
  spec.model.skip.granularity = Granularity::kBlock;
  for (const Setting& setting : settings) {
    const TrialSpecField* field = FindTrialSpecField("model.skip." + setting.path);
    EXPECT_NE(field, nullptr) << setting.path;
    const absl::Status status = field->set(spec, {setting.text, false});
    EXPECT_TRUE(status.ok()) << status;
  }
  return spec;
}

std::string MessageOf(const std::vector<Setting>& settings) {
  const auto conflict = FindConflict(SpecWith(settings));
  return conflict ? conflict->message : "";
}

TEST(SkipConflictTest, EachFieldAloneGoesWithAWeightABlock) {
  for (const Setting& setting : std::vector<Setting>{{"placement", "residual"},
                                                     {"placement", "both"},
                                                     {"placement", "convex"},
                                                     {"placement", "spherical"},
                                                     {"granularity", "channel"},
                                                     {"init", "uniform(-1, 2)"},
                                                     {"init", "root-depth(1)"},
                                                     {"init", "decay(0.5)"},
                                                     {"init", "match-rms(1)"},
                                                     {"init", "depth-power(2, 0.25)"},
                                                     {"init", "admin(4)"},
                                                     {"init_identity", "0"},
                                                     {"init_convolutional", "normal(0, 0.05)"},
                                                     {"constraint", "sigmoid(2)"},
                                                     {"constraint", "softplus"},
                                                     {"constraint", "clamp(1, 2)"},
                                                     {"train", "frozen"},
                                                     {"frozen_epochs", "9"},
                                                     {"lr_mult", "0.1"},
                                                     {"weight_decay", "0.1"}}) {
    EXPECT_EQ(MessageOf({setting}), "") << setting.path << " " << setting.text;
  }
}

TEST(SkipConflictTest, PlainResNetHasTheDefaultsOfAllOtherFields) {
  for (const Setting& setting : std::vector<Setting>{{"placement", "residual"},
                                                     {"init", "0"},
                                                     {"init_identity", "0"},
                                                     {"init_convolutional", "0"},
                                                     {"constraint", "softplus"},
                                                     {"train", "frozen"},
                                                     {"frozen_epochs", "1"},
                                                     {"lr_mult", "2"},
                                                     {"weight_decay", "1"},
                                                     {"decay_centre", "1"}}) {
    const auto conflict = FindConflict(SpecWith({{"granularity", "none"}, setting}));
    ASSERT_TRUE(conflict.has_value()) << setting.path;
    EXPECT_THAT(conflict->message, HasSubstr("granularity none is the plain ResNet"));
    EXPECT_THAT(conflict->message, HasSubstr("model.skip." + setting.path + " must be "));
    EXPECT_THAT(conflict->paths,
                ElementsAre("model.skip." + setting.path, "model.skip.granularity"));
  }
  EXPECT_EQ(MessageOf({{"granularity", "none"}, {"placement", "both"}}),
            "granularity none is the plain ResNet, whose skip weight is the constant 1; "
            "model.skip.placement must be skip there (leave it out, or exclude the combination)");
}

TEST(SkipConflictTest, OverridesNeedWeightsOfBlocksOfOneType) {
  EXPECT_EQ(MessageOf({{"granularity", "stage"}, {"init_convolutional", "0"}}),
            "model.skip.init_convolutional is for blocks of one type, and with granularity stage "
            "blocks of both types share a weight; take granularity block-type, block or channel, "
            "or leave it out");
  EXPECT_THAT(MessageOf({{"granularity", "unified"}, {"init_identity", "0"}}),
              HasSubstr("with granularity unified blocks of both types share a weight"));
  for (const char* granularity : {"block-type", "block", "channel"}) {
    EXPECT_EQ(MessageOf({{"granularity", granularity}, {"init_identity", "0"}}), "");
  }
  EXPECT_EQ(MessageOf({{"init", "0"}, {"init_identity", "0"}, {"init_convolutional", "1"}}),
            "model.skip.init does nothing where both model.skip.init_identity and "
            "model.skip.init_convolutional are set; leave one of the three out");
}

TEST(SkipConflictTest, FrozenWeightsTakeNothingThatMovesThem) {
  for (const Setting& setting : std::vector<Setting>{{"constraint", "softplus"},
                                                     {"frozen_epochs", "1"},
                                                     {"lr_mult", "2"},
                                                     {"weight_decay", "1"},
                                                     {"decay_centre", "1"}}) {
    const auto conflict = FindConflict(SpecWith({{"train", "frozen"}, setting}));
    ASSERT_TRUE(conflict.has_value()) << setting.path;
    EXPECT_THAT(conflict->paths, ElementsAre("model.skip." + setting.path, "model.skip.train"));
  }
  EXPECT_EQ(MessageOf({{"train", "frozen"}, {"lr_mult", "2"}}),
            "model.skip.train frozen keeps the initial weights; model.skip.lr_mult must be 1 there "
            "(leave it out, or exclude the combination)");
}

TEST(SkipConflictTest, FrozenEpochsLeaveOneToLearnIn) {
  EXPECT_EQ(MessageOf({{"frozen_epochs", "9"}}), "");
  EXPECT_EQ(MessageOf({{"frozen_epochs", "10"}}),
            "model.skip.frozen_epochs 10 leaves none of train.epochs 10 to learn the weights in; "
            "take fewer, or model.skip.train frozen");
}

TEST(SkipConflictTest, DecayNeedsThePlainParameter) {
  EXPECT_EQ(MessageOf({{"weight_decay", "0.1"}, {"decay_centre", "1"}}), "");
  EXPECT_EQ(MessageOf({{"weight_decay", "0.1"}, {"constraint", "clamp(0, 1)"}}), "");
  EXPECT_EQ(MessageOf({{"decay_centre", "1"}}),
            "model.skip.decay_centre does nothing where model.skip.weight_decay is 0; leave it "
            "out, or take a weight_decay > 0");
  EXPECT_EQ(MessageOf({{"weight_decay", "0.1"}, {"constraint", "sigmoid(2)"}}),
            "model.skip.weight_decay pulls the raw parameter, which is not the weight under "
            "model.skip.constraint sigmoid(2); take weight_decay 0, or the constraint none or "
            "clamp");
}

struct RangeCase {
  const char* constraint;
  const char* init;
  bool possible;
};
void PrintTo(const RangeCase& value, std::ostream* out) {
  *out << value.constraint << " from " << value.init;
}

class InitRangeTest : public testing::TestWithParam<RangeCase> {};

TEST_P(InitRangeTest, InitIsInsideTheRangeOfTheConstraint) {
  const RangeCase& range = GetParam();
  // A weight of s or g alone, so that only the initial value counts.
  const std::string message = MessageOf({{"constraint", range.constraint}, {"init", range.init}});
  EXPECT_EQ(message.empty(), range.possible) << message;
  const std::vector<Setting> overrides = {{"constraint", range.constraint},
                                          {"init_identity", range.init},
                                          {"init_convolutional", range.init}};
  EXPECT_EQ(MessageOf(overrides).empty(), range.possible);
}

INSTANTIATE_TEST_SUITE_P(
    All, InitRangeTest,
    testing::Values(RangeCase{"none", "normal(-7, 3)", true}, RangeCase{"sigmoid(1)", "0.5", true},
                    RangeCase{"sigmoid(1)", "1", false}, RangeCase{"sigmoid(2)", "1", true},
                    RangeCase{"sigmoid(1)", "0", false}, RangeCase{"tanh(1)", "-0.99", true},
                    RangeCase{"tanh(1)", "-1", false}, RangeCase{"tanh(1)", "0", true},
                    RangeCase{"softplus", "1e-9", true}, RangeCase{"softplus", "0", false},
                    RangeCase{"clamp(0, 1)", "0", true}, RangeCase{"clamp(0, 1)", "1", true},
                    RangeCase{"clamp(0, 1)", "1.01", false},
                    RangeCase{"clamp(0, 1)", "normal(0.5, 1)", true},
                    RangeCase{"clamp(0, 1)", "normal(2, 1)", false},
                    RangeCase{"clamp(0, 1)", "uniform(0, 1)", true},
                    RangeCase{"clamp(0, 1)", "uniform(0, 2)", false},
                    RangeCase{"sigmoid(1)", "uniform(0.1, 0.9)", true},
                    RangeCase{"sigmoid(1)", "uniform(0.1, 1)", false},
                    RangeCase{"softplus", "normal(1, 0.1)", false},
                    // Three blocks: 1 / sqrt(3) is 0.577.
                    RangeCase{"clamp(0, 0.58)", "root-depth(1)", true},
                    RangeCase{"clamp(0, 0.57)", "root-depth(1)", false},
                    RangeCase{"clamp(0, 1)", "decay(0.5)", true},
                    RangeCase{"clamp(0, 0.9)", "decay(0.5)", false},
                    RangeCase{"clamp(0.6, 1)", "decay(0.5)", false},
                    // (2 * 3)^(1/4) is 1.565.
                    RangeCase{"clamp(0, 1.57)", "depth-power(2, 0.25)", true},
                    RangeCase{"clamp(0, 1.56)", "depth-power(2, 0.25)", false},
                    RangeCase{"clamp(0, 1)", "admin(1)", true},
                    RangeCase{"clamp(0, 1)", "match-rms(5)", true}));

TEST(SkipConflictTest, SphericalWeightIsACosine) {
  const auto message = [](const char* init) {
    return MessageOf({{"placement", "spherical"}, {"init", init}});
  };
  for (const char* init : {"-1", "0", "1", "normal(0.5, 2)", "uniform(-1, 1)", "root-depth(1)"}) {
    EXPECT_EQ(message(init), "") << init;
  }
  EXPECT_EQ(message("1.5"),
            "model.skip.placement spherical gives weights from -1 to 1, and model.skip.init 1.5 is "
            "not inside; take one that is, or another placement");
  EXPECT_THAT(message("normal(2, 0.1)"), HasSubstr("normal(2, 0.1) is not inside"));
  EXPECT_THAT(message("match-rms(1)"), HasSubstr("placement spherical weights both"));
  for (const char* constraint : {"sigmoid(2)", "tanh(1)", "softplus", "clamp(0, 1)"}) {
    EXPECT_EQ(MessageOf({{"placement", "spherical"}, {"init", "0.5"}, {"constraint", constraint}}),
              "model.skip.placement spherical keeps the weight from -1 to 1, as the cosine of an "
              "angle; model.skip.constraint must be none there (leave it out, or exclude the "
              "combination)");
  }
  EXPECT_EQ(MessageOf({{"placement", "spherical"}, {"weight_decay", "0.1"}}),
            "model.skip.weight_decay pulls the parameter, which with model.skip.placement "
            "spherical is an angle and not the weight; take weight_decay 0, or another placement");
}

TEST(SkipConflictTest, AdminIsForWeightsOfTheSkipPathAlone) {
  for (const char* placement : {"residual", "both", "convex", "spherical"}) {
    EXPECT_EQ(MessageOf({{"placement", placement}, {"init", "admin(1)"}}),
              std::string("model.skip.init admin(1) gives the skip path its size, and "
                          "model.skip.placement ") +
                  placement + " weights the residual branch too or instead; take placement skip");
  }
  EXPECT_THAT(MessageOf({{"granularity", "unified"}, {"init", "admin(1)"}}),
              HasSubstr("admin(1) gives each block its own weight"));
  EXPECT_THAT(MessageOf({{"constraint", "softplus"}, {"init", "admin(1)"}}),
              HasSubstr("admin(1) is measured and may lie outside"));
}

TEST(SkipConflictTest, DroppedBranchesLeaveAnOpenSkipPath) {
  const auto message = [](const std::vector<Setting>& settings) {
    TrialSpec spec = SpecWith(settings);
    spec.model.branch_drop = 0.5;
    const auto conflict = FindConflict(spec);
    return conflict ? conflict->message : "";
  };
  EXPECT_EQ(message({{"granularity", "none"}}), "");
  EXPECT_EQ(message({{"init", "0"}}), "") << "it is learned";
  EXPECT_EQ(message({{"init", "0"}, {"placement", "residual"}, {"train", "frozen"}}), "");
  const std::string closed =
      "model.branch_drop leaves the skip path alone where it drops a branch, and model.skip.train "
      "frozen at 0 closes that one too; leave branch_drop out, or take other weights";
  EXPECT_EQ(message({{"init", "0"}, {"train", "frozen"}}), closed);
  EXPECT_EQ(message({{"init_identity", "0"}, {"train", "frozen"}}), closed);
}

TEST(SkipConflictTest, RulesForEachBlockNeedAWeightForEachBlock) {
  EXPECT_EQ(MessageOf({{"granularity", "stage"}, {"init", "decay(0.5)"}}),
            "model.skip.init decay(0.5) gives each block its own weight, and with granularity "
            "stage blocks share one; take granularity block or channel");
  EXPECT_THAT(MessageOf({{"granularity", "block-type"}, {"init_identity", "match-rms(1)"}}),
              HasSubstr("model.skip.init_identity match-rms(1) gives each block its own weight"));
  EXPECT_EQ(MessageOf({{"granularity", "unified"}, {"init", "root-depth(1)"}}), "");
}

TEST(SkipConflictTest, MeasuredWeightsWeighOnePathAndHaveNoMap) {
  EXPECT_EQ(MessageOf({{"placement", "residual"}, {"init", "match-rms(1)"}}), "");
  EXPECT_EQ(MessageOf({{"placement", "convex"}, {"init", "match-rms(1)"}}),
            "model.skip.init match-rms(1) weighs one path against the other, and "
            "model.skip.placement convex weights both; take skip or residual");
  EXPECT_EQ(MessageOf({{"constraint", "tanh(2)"}, {"init", "match-rms(1)"}}),
            "model.skip.init match-rms(1) is measured and may lie outside model.skip.constraint "
            "tanh(2); take the constraint none or clamp");
}

TEST(SkipConflictTest, ImpossibleInitNamesTheWayOut) {
  EXPECT_EQ(MessageOf({{"constraint", "sigmoid(1)"}}),
            "model.skip.constraint sigmoid(1) gives weights above 0 and below 1, and "
            "model.skip.init 1 is not inside; take one that is, or another constraint");
  EXPECT_EQ(MessageOf({{"constraint", "tanh(2)"}, {"init_identity", "normal(0, 0.05)"}}),
            "model.skip.constraint tanh(2) gives weights above -2 and below 2, and "
            "model.skip.init_identity normal(0, 0.05) has no bounds; take a uniform(low, high) "
            "inside, or clamp");
  // Blocks of the other type still start from model.skip.init.
  for (const char* path : {"init_identity", "init_convolutional"}) {
    EXPECT_THAT(MessageOf({{"constraint", "sigmoid(1)"}, {path, "0.5"}}),
                testing::HasSubstr("and model.skip.init 1 is not inside"));
    EXPECT_THAT(MessageOf({{"constraint", "sigmoid(1)"}, {"init", "0.5"}, {path, "1"}}),
                testing::HasSubstr(std::string("and model.skip.") + path + " 1 is not inside"));
  }
}

TEST(SkipConflictTest, ResidualWeightOfBothStartsAtOne) {
  EXPECT_EQ(MessageOf({{"placement", "both"}, {"constraint", "sigmoid(2)"}}), "");
  EXPECT_EQ(MessageOf({{"placement", "both"}, {"constraint", "clamp(-1, 0.5)"}, {"init", "0"}}),
            "with model.skip.placement both the weight of the residual branch starts at 1, and "
            "model.skip.constraint clamp(-1, 0.5) gives weights from -1 to 0.5; take another "
            "constraint, or another placement");
}

}  // namespace
}  // namespace adares
