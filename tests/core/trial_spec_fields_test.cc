// The table of fields: properties of every row, the rows' ranges, and the rules between fields.
#include "core/trial_spec_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/data_conflicts.h"
#include "core/dataset_table.h"
#include "core/status.h"
#include "tests/core/random_spec.h"
#include "tests/core/source_tree.h"

namespace adares {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Status Set(const std::string& path, const std::string& text, bool quoted = false) {
  TrialSpec spec;
  return FindTrialSpecField(path)->set(spec, {text, quoted});
}

TEST(TrialSpecFieldsTest, EveryFieldReadsWhatItWrites) {
  RandomSpec specs(3);
  for (int i = 0; i < 200; ++i) {
    const TrialSpec spec = specs.Next();
    TrialSpec copy;
    for (const TrialSpecField& field : TrialSpecFields()) {
      ASSERT_TRUE(field.set(copy, {field.text(spec), false}).ok()) << field.path;
      EXPECT_EQ(field.text(copy), field.text(spec));
    }
    EXPECT_EQ(copy, spec);
  }
}

TEST(TrialSpecFieldsTest, EveryFieldRefusesNonsenseAndKeepsItsValue) {
  for (const TrialSpecField& field : TrialSpecFields()) {
    if (field.path == "data.folder") continue;  // takes any word; FolderNamesAreChecked
    for (const char* nonsense : {"", "nonsense", "nan", "inf", "01", "1_0", "normal(", "\xff"}) {
      TrialSpec spec;
      const absl::Status status = field.set(spec, {nonsense, false});
      EXPECT_EQ(ErrorReason(status), "SPEC_INVALID") << field.path << " " << nonsense;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr(absl::StrCat(field.path, " takes ", field.type)));
      EXPECT_EQ(spec, TrialSpec{}) << field.path;
    }
  }
}

// The seed is set by replicates and is therefore no key of a sweep file's base.
TEST(TrialSpecFieldsTest, SweepFilePageListsEveryKey) {
  const std::string page = ReadSourceFile("docs/sweep-files.md");
  for (const TrialSpecField& field : TrialSpecFields()) {
    if (field.path == kSeedPath) continue;
    const std::string row = absl::StrCat("| `", field.path, "` | ", field.type, " | `",
                                         field.text(TrialSpec{}), "` | ", field.doc, " |\n");
    EXPECT_NE(page.find(row), std::string::npos) << "docs/sweep-files.md lacks the row\n" << row;
  }
}

struct Limits {
  const char* path;
  const char* smallest;
  const char* below;
  const char* largest;
  const char* above;
};
void PrintTo(const Limits& value, std::ostream* out) { *out << value.path; }

class FieldLimitsTest : public testing::TestWithParam<Limits> {};

TEST_P(FieldLimitsTest, AreInclusive) {
  EXPECT_TRUE(Set(GetParam().path, GetParam().smallest).ok());
  EXPECT_TRUE(Set(GetParam().path, GetParam().largest).ok());
  EXPECT_THAT(std::string(Set(GetParam().path, GetParam().below).message()),
              HasSubstr("is out of range"));
  EXPECT_FALSE(Set(GetParam().path, GetParam().above).ok());
}

INSTANTIATE_TEST_SUITE_P(
    All, FieldLimitsTest,
    testing::Values(Limits{"train.epochs", "1", "0", "10000", "10001"},
                    Limits{"train.batch_size", "1", "0", "65536", "65537"},
                    Limits{"train.lr", "1e-300", "0", "1e300", "1e309"},
                    Limits{"train.momentum", "0", "-0.1", "0.9999999999999999", "1"},
                    Limits{"train.weight_decay", "0", "-1e-9", "1e300", "1e309"},
                    Limits{"train.log_every", "1", "0", "1000000000", "1000000001"},
                    Limits{"data.train_size", "0", "-1", "10000000", "10000001"},
                    Limits{"train.warmup_epochs", "0", "-0.1", "1e300", "1e309"},
                    Limits{"train.label_smoothing", "0", "-0.1", "0.9", "1"},
                    Limits{"train.clip_norm", "0", "-1e-9", "1e300", "1e309"},
                    Limits{"train.ema_decay", "0", "-0.1", "0.9999", "1"},
                    Limits{"data.cutout", "0", "-1", "1024", "1025"},
                    Limits{"data.train_fraction", "1e-300", "0", "1", "1.1"},
                    Limits{"data.label_noise", "0", "-0.1", "0.9", "1"},
                    Limits{"data.validation_size", "0", "-1", "10000000", "10000001"},
                    Limits{"data.test_size", "0", "-1", "10000000", "10000001"},
                    Limits{"model.skip.frozen_epochs", "0", "-1", "10000", "10001"},
                    Limits{"model.skip.lr_mult", "1e-300", "0", "1e300", "1e309"},
                    Limits{"model.skip.weight_decay", "0", "-1e-9", "1e300", "1e309"},
                    Limits{"seed", "0", "-1", "9223372036854775807", "9223372036854775808"}));

TEST(TrialSpecFieldsTest, WordsAreThoseOfTheDesign) {
  const auto type = [](const char* path) { return FindTrialSpecField(path)->type; };
  EXPECT_EQ(type("model.family"), "one of cifar, paper, resnet");
  EXPECT_EQ(type("model.skip.granularity"),
            "one of none, unified, stage, block-type, block, channel");
  EXPECT_EQ(type("model.skip.placement"), "one of skip, residual, both, convex, spherical");
  EXPECT_EQ(type("model.skip.train"), "one of learned, frozen");
  EXPECT_EQ(type("data.dataset"),
            "one of mnist, fashion-mnist, cifar10, cifar100, folder, synthetic");
  EXPECT_EQ(type("data.normalise"), "one of on, off");
  EXPECT_EQ(type("model.stem"), "one of cifar, imagenet");
  EXPECT_EQ(type("model.norm"), "one of batch, none");
  EXPECT_EQ(type("model.last_norm"), "one of affine, zero, no-affine");
  EXPECT_EQ(type("train.precision"), "one of fp32, tf32, bf16");
  EXPECT_EQ(type("data.augment"), "one of none, crop, flip, crop-flip");
  EXPECT_EQ(type("train.optimizer"), "one of sgd, nesterov, adam, adamw, keras-adam");
  EXPECT_EQ(type("train.schedule"), "one of constant, cosine, step, one-cycle");
}

TEST(TrialSpecFieldsTest, MessagesSayWhatWasMeant) {
  const auto message = [](const char* path, const char* text, bool quoted = false) {
    return std::string(Set(path, text, quoted).message());
  };
  EXPECT_EQ(message("data.dataset", "minst"),
            "data.dataset takes one of mnist, fashion-mnist, cifar10, cifar100, folder, synthetic: "
            "\"minst\" is none of them; did you mean \"mnist\"?");
  EXPECT_EQ(
      message("train.optimizer", "lbfgs"),
      "train.optimizer takes one of sgd, nesterov, adam, adamw, keras-adam: \"lbfgs\" is none "
      "of them");
  EXPECT_EQ(message("train.lr", ".1"),
            "train.lr takes a number > 0: \".1\" has no digit before the point; write 0.1");
  EXPECT_EQ(message("model.skip.init", "0.5", true),
            "model.skip.init takes a number, normal(mean, sd), uniform(low, high), root-depth(c), "
            "depth-power(c, power), decay(last), match-rms(ratio, batches) or admin(batches): "
            "\"0.5\" is a string; remove the quotes");
}

TEST(TrialSpecFieldsTest, InitFormsAreChecked) {
  const auto cause = [](const char* text) {
    const std::string message(Set("model.skip.init", text).message());
    return message.substr(message.find(": ") + 2);
  };
  EXPECT_TRUE(Set("model.skip.init", "normal(0, 0.05)", true).ok());
  EXPECT_EQ(cause("normal(0"),
            "\"normal(0\" lacks its closing parenthesis; inside { } and [ ] it needs quotes: "
            "\"normal(0, 0.05)\"");
  EXPECT_EQ(cause("normal(0)"), "\"normal(0)\" is no such form; write normal(0, 0.05)");
  EXPECT_EQ(cause("normal"), "\"normal\" is no such form; write normal(0, 0.05)");
  EXPECT_EQ(cause("normal(0, 0)"), "\"normal(0, 0)\" has a standard deviation that is not > 0");
  EXPECT_EQ(cause("normal(0, x)"), "\"normal(0, x)\" is no such form, as \"x\" is not a number");
  EXPECT_EQ(cause("normal(0, 1, 2)"),
            "\"normal(0, 1, 2)\" is no such form, as \"1, 2\" is not a number");
  EXPECT_TRUE(Set("model.skip.init", "uniform(-1, 1)", true).ok());
  EXPECT_EQ(cause("uniform(0)"), "\"uniform(0)\" is no such form; write uniform(0, 1)");
  EXPECT_EQ(cause("uniform(1, 1)"),
            "\"uniform(1, 1)\" has an upper end that is not above the lower one");
  EXPECT_EQ(cause("inherit"), "\"inherit\" is not a number");
  EXPECT_TRUE(Set("model.skip.init", "root-depth(1)").ok());
  EXPECT_TRUE(Set("model.skip.init", "decay(-0.5)").ok());
  EXPECT_EQ(cause("decay"), "\"decay\" is no such form; write decay(0.5)");
  EXPECT_EQ(cause("match-rms(0)"), "\"match-rms(0)\" has a ratio that is not > 0");
}

TEST(TrialSpecFieldsTest, RulesOfInitAreChecked) {
  const auto cause = [](const char* text) {
    const std::string message(Set("model.skip.init", text).message());
    return message.substr(message.find(": ") + 2);
  };
  EXPECT_TRUE(Set("model.skip.init", "depth-power(2, -0.5)", true).ok());
  EXPECT_EQ(cause("depth-power(2)"),
            "\"depth-power(2)\" is no such form; write depth-power(2, 0.25)");
  EXPECT_EQ(cause("depth-power(0, 1)"), "\"depth-power(0, 1)\" has a factor that is not > 0");
  EXPECT_EQ(cause("depth-power(2, 0)"),
            "\"depth-power(2, 0)\" is 1 for every depth; write 1, or another power");
  EXPECT_TRUE(Set("model.skip.init", "match-rms(1, 32)", true).ok());
  EXPECT_TRUE(Set("model.skip.init", "admin(32)").ok());
  EXPECT_EQ(cause("admin"), "\"admin\" is no such form; write admin(1)");
  EXPECT_EQ(cause("admin()"), "\"admin()\" is no such form, as \"\" is not a number");
  for (const char* text : {"admin(0)", "admin(33)", "admin(1.5)", "match-rms(1, 0)"}) {
    EXPECT_THAT(cause(text), HasSubstr("has a number of batches that is no integer from 1 to 32"));
  }
}

TEST(TrialSpecFieldsTest, ConstraintFormsAreChecked) {
  const auto cause = [](const char* text) {
    const std::string message(Set("model.skip.constraint", text).message());
    return message.substr(message.find(": ") + 2);
  };
  EXPECT_EQ(cause("relu"), "\"relu\" is none of them");
  EXPECT_EQ(cause("sigmoid"), "\"sigmoid\" is no such form; write sigmoid(1)");
  EXPECT_EQ(cause("sigmoid(0)"), "\"sigmoid(0)\" has a bound that is not > 0");
  EXPECT_EQ(cause("tanh(1, 2)"), "\"tanh(1, 2)\" is no such form, as \"1, 2\" is not a number");
  EXPECT_EQ(cause("clamp(0"),
            "\"clamp(0\" lacks its closing parenthesis; inside { } and [ ] it needs quotes: "
            "\"clamp(0, 1)\"");
  EXPECT_EQ(cause("clamp(1, 0)"),
            "\"clamp(1, 0)\" has an upper end that is not above the lower one");
}

TEST(TrialSpecFieldsTest, FolderNamesAreChecked) {
  for (const char* name : {"svhn", "none", "My_set-2.0"}) {
    EXPECT_TRUE(Set("data.folder", name).ok()) << name;
  }
  for (const char* name : {"", "..", "a/b", ".hidden", "2nd", "7", "a b", "\xff"}) {
    EXPECT_THAT(std::string(Set("data.folder", name).message()),
                HasSubstr("is no name of up to 63 letters, digits, _, - and ., a letter first"))
        << name;
  }
}

TEST(TrialSpecFieldsTest, GroupsAreThePathsAboveFields) {
  EXPECT_THAT(TrialSpecKeysBelow(""), ElementsAre("data", "model", "seed", "train"));
  EXPECT_THAT(TrialSpecKeysBelow("model.skip"),
              ElementsAre("constraint", "decay_centre", "frozen_epochs", "granularity", "init",
                          "init_convolutional", "init_identity", "lr_mult", "placement", "train",
                          "weight_decay"));
  EXPECT_TRUE(IsTrialSpecGroup("model"));
  EXPECT_FALSE(IsTrialSpecGroup("model.depth"));
  EXPECT_FALSE(IsTrialSpecGroup("mod"));
  EXPECT_EQ(FindTrialSpecField("model.skip"), nullptr);
}

std::string Conflict(void (*change)(TrialSpec&)) {
  TrialSpec spec;
  change(spec);
  const auto conflict = FindConflict(spec);
  return conflict ? conflict->message : "";
}

TEST(TrialSpecConflictTest, DefaultsGoTogether) {
  EXPECT_EQ(Conflict([](TrialSpec&) {}), "");
}

TEST(TrialSpecConflictTest, DepthsBelongToFamilies) {
  const std::map<Family, std::set<int64_t>> depths = {
      {Family::kCifar, {8, 14, 20, 32, 44, 56, 110}},
      {Family::kPaper, {18, 50}},
      {Family::kResnet, {18, 34, 50, 101}}};
  for (const auto& [family, possible] : depths) {
    for (int64_t depth = 1; depth <= 152; ++depth) {
      TrialSpec spec;
      spec.model.family = family;
      spec.model.depth = depth;
      EXPECT_EQ(FindConflict(spec).has_value(), !possible.contains(depth)) << depth;
    }
  }
  EXPECT_EQ(Conflict([](TrialSpec& spec) { spec.model.depth = 9; }),
            "family cifar has no network of depth 9; model.depth must be one of 8, 14, 20, 32, 44, "
            "56, 110");
}

TEST(TrialSpecConflictTest, PlainResNetHasTheConstantOne) {
  EXPECT_THAT(Conflict([](TrialSpec& spec) { spec.model.skip.init.value = 0; }),
              HasSubstr("model.skip.init must be 1 there"));
  EXPECT_THAT(Conflict([](TrialSpec& spec) {
                spec.model.skip.init = {SkipInit::Kind::kNormal, 1, 0.1, 0};
              }),
              HasSubstr("plain ResNet"));
  EXPECT_EQ(Conflict([](TrialSpec& spec) {
              spec.model.skip.granularity = Granularity::kStage;
              spec.model.skip.init.value = 0;
            }),
            "");
}

TEST(TrialSpecConflictTest, ABatchFitsIntoTheTrainingExamples) {
  EXPECT_EQ(Conflict([](TrialSpec& spec) { spec.data.train_size = 128; }), "");
  EXPECT_EQ(
      Conflict([](TrialSpec& spec) { spec.data.train_size = 127; }),
      "train.batch_size 128 is larger than data.train_size 127; there would be no whole batch");
}

TEST(TrialSpecConflictTest, ABatchFitsIntoWhatValidationLeaves) {
  TrialSpec spec;
  spec.data.validation_size = 19'872;
  EXPECT_FALSE(FindConflict(spec));
  spec.data.validation_size = 19'873;
  EXPECT_EQ(FindConflict(spec)->message,
            "train.batch_size 128 is larger than what is left to train on, 127; there would be no "
            "whole batch");
}

// What is wrong with the smallest trial on `data`; empty where it is possible.
std::string DataConflict(const DataSpec& data) {
  TrialSpec spec;
  spec.data = data;
  spec.train.batch_size = 1;
  const auto conflict = FindConflict(spec);
  return conflict ? conflict->message : "";
}

DataSpec Sizes(Dataset dataset, int64_t train, int64_t validation, int64_t test) {
  DataSpec data;
  data.dataset = dataset;
  data.train_size = train;
  data.validation_size = validation;
  data.test_size = test;
  return data;
}

DataSpec Augmented(Dataset dataset, Augment augment) {
  DataSpec data;
  data.dataset = dataset;
  data.augment = augment;
  return data;
}

class DatasetLimitsTest : public testing::TestWithParam<Dataset> {
 protected:
  std::string Sizes(int64_t train, int64_t validation, int64_t test) const {
    return DataConflict(adares::Sizes(GetParam(), train, validation, test));
  }
};

TEST_P(DatasetLimitsTest, TrainingAndValidationFitIntoTheTrainingPart) {
  const int64_t all = SizeOfDataset(GetParam())->train;
  EXPECT_EQ(Sizes(all - 1, 1, 0), "");
  EXPECT_NE(Sizes(all, 1, 0), "");
  EXPECT_EQ(Sizes(2, all - 2, 0), "");
  EXPECT_NE(Sizes(2, all - 1, 0), "");
}

TEST_P(DatasetLimitsTest, TwoExamplesAreLeftToTrainOn) {
  const int64_t all = SizeOfDataset(GetParam())->train;
  EXPECT_EQ(Sizes(0, all - 2, 0), "");
  EXPECT_NE(Sizes(0, all - 1, 0), "");
  EXPECT_NE(Sizes(0, all + 100, 0), "");
  EXPECT_NE(Sizes(1, 100, 0), "");
}

TEST_P(DatasetLimitsTest, NothingNeedBeHeldOut) {
  EXPECT_EQ(Sizes(0, 0, 0), "");
  EXPECT_EQ(Sizes(SizeOfDataset(GetParam())->train, 0, 0), "");
}

TEST_P(DatasetLimitsTest, TestExamplesAreThere) {
  const int64_t all = SizeOfDataset(GetParam())->test;
  EXPECT_EQ(Sizes(0, 100, all), "");
  EXPECT_NE(Sizes(0, 100, all + 1), "");
}

TEST_P(DatasetLimitsTest, DigitsAndTexturesAreNotMirrored) {
  const bool keeps = GetParam() != Dataset::kMnist && GetParam() != Dataset::kSynthetic;
  for (const Augment augment : {Augment::kFlip, Augment::kCropFlip}) {
    EXPECT_EQ(DataConflict(Augmented(GetParam(), augment)).empty(), keeps);
  }
  EXPECT_EQ(DataConflict(Augmented(GetParam(), Augment::kCrop)), "");
}

INSTANTIATE_TEST_SUITE_P(All, DatasetLimitsTest,
                         testing::Values(Dataset::kMnist, Dataset::kFashionMnist, Dataset::kCifar10,
                                         Dataset::kCifar100, Dataset::kSynthetic),
                         [](const auto& test) {
                           std::string name(Name(test.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST(TrialSpecConflictTest, ImpossibleDataNameTheWayOut) {
  EXPECT_EQ(DataConflict(Sizes(Dataset::kMnist, 55'001, 5'000, 0)),
            "data.train_size 55001 and data.validation_size 5000 together need more than the 60000 "
            "training examples of mnist; take fewer");
  EXPECT_EQ(DataConflict(Sizes(Dataset::kSynthetic, 0, 20'000, 0)),
            "data.validation_size 20000 leaves fewer than 2 of the 20000 training examples of "
            "synthetic; hold out at most 19998");
  EXPECT_EQ(DataConflict(Sizes(Dataset::kSynthetic, 1, 100, 0)),
            "data.train_size 1 is too little to train on; take 2 or more, or 0 for all");
  EXPECT_EQ(DataConflict(Sizes(Dataset::kSynthetic, 0, 100, 4'001)),
            "data.test_size 4001 is more than the 4000 test examples of synthetic; take fewer, or "
            "0 for all");
  EXPECT_EQ(DataConflict(Augmented(Dataset::kMnist, Augment::kCropFlip)),
            "data.augment crop-flip mirrors pictures, and a mirrored picture of mnist may belong "
            "to another class; take crop, or another dataset");
}

TEST(TrialSpecConflictTest, AShareOfTheTrainingExamplesIsAtLeastTwo) {
  DataSpec data;
  data.train_fraction = 0.1;
  EXPECT_EQ(DataConflict(data), "");
  EXPECT_EQ(TrainingExamples(data, 20'000), 1'500);
  data.train_fraction = 0.29;
  EXPECT_EQ(TrainingExamples(data, 5'100), 29);
  data.train_fraction = 0.1;
  data.validation_size = 19'980;
  EXPECT_EQ(DataConflict(data), "");
  data.validation_size = 19'981;
  EXPECT_EQ(DataConflict(data),
            "data.train_fraction and data.validation_size 19981 leave fewer than 2 of the 20000 "
            "training examples of synthetic; take a larger share, or hold out less");
  data = Sizes(Dataset::kSynthetic, 100, 100, 0);
  data.train_fraction = 0.5;
  EXPECT_EQ(DataConflict(data),
            "data.train_size and data.train_fraction both say how much to train on; leave one of "
            "them out");
}

TEST(TrialSpecConflictTest, AFolderIsNamedWhereItIsRead) {
  DataSpec data;
  data.folder = "svhn";
  EXPECT_EQ(DataConflict(data),
            "data.folder is for data.dataset folder, and synthetic has a place of its own; leave "
            "one of them out");
  data.dataset = Dataset::kFolder;
  EXPECT_EQ(DataConflict(data), "");
  data.folder.clear();
  EXPECT_EQ(DataConflict(data),
            "data.dataset folder needs data.folder, the name of a folder below the folder of data "
            "sets");
}

TEST(TrialSpecConflictTest, SizesOfAFolderAreCheckedByWhoReadsIt) {
  TrialSpec spec;
  spec.data = Sizes(Dataset::kFolder, 0, 50, 0);
  spec.data.folder = "svhn";
  spec.train.batch_size = 8;
  EXPECT_FALSE(FindConflict(spec));
  EXPECT_FALSE(FindSizeConflict(spec, {58, 1}));
  EXPECT_EQ(FindSizeConflict(spec, {57, 1})->message,
            "train.batch_size 8 is larger than what is left to train on, 7; there would be no "
            "whole batch");
}

TEST(TrialSpecConflictTest, AWarmUpLeavesEpochsToTrainIn) {
  EXPECT_EQ(Conflict([](TrialSpec& spec) { spec.train.warmup_epochs = 9.5; }), "");
  EXPECT_EQ(Conflict([](TrialSpec& spec) { spec.train.warmup_epochs = 10; }),
            "train.warmup_epochs 10 leave none of train.epochs 10 to train in; take fewer");
  EXPECT_EQ(Conflict([](TrialSpec& spec) {
              spec.train.warmup_epochs = 1;
              spec.train.schedule = ScheduleKind::kOneCycle;
            }),
            "train.schedule one-cycle has a warm-up of its own; leave train.warmup_epochs out");
}

TEST(TrialSpecConflictTest, StemsAndNormsBelongToFamilies) {
  EXPECT_EQ(Conflict([](TrialSpec& spec) { spec.model.stem = Stem::kImagenet; }),
            "model.stem is for family resnet; family cifar has a stem of its own, so leave it out");
  EXPECT_EQ(Conflict([](TrialSpec& spec) { spec.model.norm = Norm::kNone; }), "");
  EXPECT_EQ(Conflict([](TrialSpec& spec) {
              spec.model.family = Family::kPaper;
              spec.model.depth = 18;
              spec.model.norm = Norm::kNone;
            }),
            "family paper is what was published, with batch norm; model.norm none is for the "
            "families cifar and resnet");
  EXPECT_EQ(Conflict([](TrialSpec& spec) {
              spec.model.norm = Norm::kNone;
              spec.model.last_norm = LastNorm::kZero;
            }),
            "with model.norm none there is no batch norm that model.last_norm zero could change; "
            "leave it out");
}

TEST(TrialSpecConflictTest, NetworksThatEndInOnePixelNeedTwoPictures) {
  TrialSpec spec;
  spec.train.batch_size = 1;
  EXPECT_FALSE(FindConflict(spec));
  spec.model.family = Family::kResnet;
  spec.model.depth = 18;
  EXPECT_FALSE(FindConflict(spec));
  spec.model.stem = Stem::kImagenet;
  EXPECT_TRUE(FindConflict(spec));
  spec.model.norm = Norm::kNone;
  EXPECT_FALSE(FindConflict(spec));
  spec.model = ModelSpec();
  spec.model.family = Family::kPaper;
  spec.model.depth = 50;
  EXPECT_EQ(FindConflict(spec)->message,
            "family paper ends in one pixel, where batch norm needs two pictures; train.batch_size "
            "must be at least 2");
}

}  // namespace
}  // namespace adares
