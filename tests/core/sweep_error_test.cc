// Every kind of error in a sweep file, with its exact place and its words.
#include <gtest/gtest.h>

#include <ostream>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/sweep_spec.h"

namespace adares {
namespace {

struct BadFile {
  const char* name;
  std::string text;  // stands behind the head, from line 5 on
  const char* message;
};
void PrintTo(const BadFile& value, std::ostream* out) { *out << value.name; }

constexpr char kHead[] =
    "apiVersion: adares/v1\n"
    "kind: Sweep\n"
    "name: s\n"
    "replicates: {seeds: [0, 1]}\n";

void ExpectError(const std::string& text, const std::string& message) {
  const absl::StatusOr<SweepPlan> plan = LoadSweep(text, "s.yaml");
  ASSERT_FALSE(plan.ok()) << text;
  EXPECT_EQ(std::string(plan.status().message()), "s.yaml:" + message);
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(plan.status()), "SPEC_INVALID");
  auto metadata = ErrorMetadata(plan.status());
  EXPECT_EQ(metadata["file"], "s.yaml");
  EXPECT_TRUE(message.starts_with(metadata["line"] + ":" + metadata["column"] + ": "));
}

// Files whose first four lines are in order.
class SweepErrorTest : public testing::TestWithParam<BadFile> {};

TEST_P(SweepErrorTest, NamesPlaceAndWayOut) {
  ExpectError(kHead + GetParam().text, GetParam().message);
}

std::string CaseName(const testing::TestParamInfo<BadFile>& test) { return test.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Top, SweepErrorTest,
    testing::Values(
        BadFile{"unknown_key", "titel: x\n",
                R"(5:1: unknown key "titel" in the sweep file; did you mean "title"?)"},
        BadFile{"foreign_key", "budget: {}\n",
                "5:1: unknown key \"budget\" in the sweep file; known are apiVersion, kind, name, "
                "title, labels, objective, base, axes, design, compare, replicates, schedule, "
                "retries, resources, stop"},
        BadFile{"duplicate_key", "title: a\nbase: {}\ntitle: b\n",
                R"(7:1: duplicate key "title"; remove one of them)"},
        BadFile{"title_list", "title: [a]\n", "5:8: title takes text, not a list"},
        BadFile{"title_missing", "title:\n", "5:1: title takes text, not nothing"},
        BadFile{"title_empty", "title: ''\n", "5:8: title takes 1 to 200 bytes of text, not 0"},
        BadFile{"title_long", "title: " + std::string(201, 'x') + "\n",
                "5:8: title takes 1 to 200 bytes of text, not 201"},
        BadFile{"title_lines", "title: \"a\\nb\"\n",
                "5:8: title takes one line of text without control characters"},
        BadFile{"labels_list", "labels: [a]\n", "5:9: labels takes a map (key: value), not a list"},
        BadFile{"label_name", "labels: {Paper: x}\n",
                "5:10: a label cannot be called \"Paper\"; write up to 63 of a-z, 0-9 and . _ / -, "
                "a letter first"},
        BadFile{"label_value", "labels: {paper: {}}\n", "5:17: labels.paper takes text, not a map"},
        BadFile{"priority_range", "schedule: {priority: 101}\n",
                R"(5:22: schedule.priority takes an integer from 0 to 100: "101" is out of range)"},
        BadFile{"priority_quoted", "schedule: {priority: '5'}\n",
                "5:22: schedule.priority takes an integer from 0 to 100: \"5\" is a string; remove "
                "the quotes"},
        BadFile{"priority_list", "schedule: {priority: [5]}\n",
                "5:22: schedule.priority takes an integer from 0 to 100, not a list"},
        BadFile{"schedule_key", "schedule:\n  prio: 5\n",
                R"(6:3: unknown key "prio" in schedule; did you mean "priority"?)"},
        BadFile{"objective_text", "objective: test/accuracy\n",
                "5:12: objective takes a map of metric, goal, not \"test/accuracy\""},
        BadFile{"objective_goal_missing", "objective: {metric: test/loss}\n",
                "5:12: objective lacks the key goal"},
        BadFile{"objective_metric", "objective: {metric: test/acuracy, goal: maximize}\n",
                "5:21: objective.metric cannot be \"test/acuracy\"; did you mean "
                "\"test/accuracy\"?"},
        BadFile{"objective_goal", "objective: {metric: test/loss, goal: min}\n",
                R"(5:38: objective.goal cannot be "min"; did you mean "minimize"?)"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Base, SweepErrorTest,
    testing::Values(
        BadFile{"base_missing", "base:\n", "5:1: base takes a map (key: value), not nothing"},
        BadFile{"unknown_group", "base: {modell: {}}\n",
                R"(5:8: unknown key "modell"; did you mean "model"?)"},
        BadFile{"unknown_field", "base:\n  train:\n    epoch: 3\n",
                R"(7:5: unknown key "epoch" in train; did you mean "epochs"?)"},
        BadFile{"field_elsewhere", "base: {model: {batch_size: 3}}\n",
                R"(5:16: unknown key "batch_size" in model; the field is train.batch_size)"},
        BadFile{"foreign_field", "base: {train: {dropout: 0.5}}\n",
                "5:16: unknown key \"dropout\" in train; known are batch_size, clip_norm, "
                "ema_decay, epochs, label_smoothing, log_every, lr, momentum, optimizer, "
                "precision, schedule, warmup_epochs, weight_decay"},
        BadFile{"dotted_field", "base: {train.lr: 3}\n",
                R"(5:8: unknown key "train.lr"; write its parts as nested keys)"},
        BadFile{
            "dotted_group", "base: {model: {skip.init: 1}}\n",
            R"(5:16: unknown key "skip.init" in model; known are branch_drop, depth, family, last_norm, )"
            "method, norm, skip, stem"},
        BadFile{"foreign_group", "base: {optimiser: sgd}\n",
                "5:8: unknown key \"optimiser\"; known are data, model, recipe, seed, train"},
        BadFile{"misspelt_recipe", "base: {recepie: faithful}\n",
                R"(5:8: unknown key "recepie"; did you mean "recipe"?)"},
        BadFile{"misspelt_method", "base: {model: {methode: resnet}}\n",
                R"(5:16: unknown key "methode" in model; did you mean "method"?)"},
        BadFile{"method_elsewhere", "base: {method: resnet}\n",
                R"(5:8: unknown key "method"; the field is model.method)"},
        BadFile{"seed", "base: {seed: 3}\n",
                "5:8: seeds are not part of the configuration; list them in replicates.seeds"},
        BadFile{"group_scalar", "base: {train: fast}\n",
                "5:15: train takes a map (key: value), not \"fast\""},
        BadFile{"field_list", "base: {train: {lr: [0.1]}}\n",
                "5:20: train.lr takes one value, not a list"},
        BadFile{"field_missing", "base:\n  train:\n    lr:\n    epochs: 3\n",
                "7:5: train.lr takes one value, not nothing"},
        BadFile{"word_for_number", "base: {train: {lr: fast}}\n",
                R"(5:20: train.lr takes a number > 0: "fast" is not a number)"},
        BadFile{"string_for_number", "base: {train: {lr: \"0.1\"}}\n",
                R"(5:20: train.lr takes a number > 0: "0.1" is a string; remove the quotes)"},
        BadFile{"nan", "base: {train: {lr: .nan}}\n",
                R"(5:20: train.lr takes a number > 0: ".nan" is not a number)"},
        BadFile{"leading_zero", "base: {train: {epochs: 010}}\n",
                "5:24: train.epochs takes an integer from 1 to 10000: \"010\" has leading zeros; "
                "write 10"},
        BadFile{"out_of_range", "base: {train: {epochs: 0}}\n",
                R"(5:24: train.epochs takes an integer from 1 to 10000: "0" is out of range)"},
        BadFile{"beyond_64_bits", "base: {data: {test_size: 99999999999999999999}}\n",
                "5:26: data.test_size takes an integer from 0 to 10000000: "
                "\"99999999999999999999\" does not fit into 64 bits"},
        BadFile{
            "unknown_word", "base: {data: {augment: crop_flip}}\n",
            "5:24: data.augment takes one of none, crop, flip, crop-flip: \"crop_flip\" is none "
            "of them; did you mean \"crop-flip\"?"},
        BadFile{"norway", "base: {data: {augment: no}}\n",
                "5:24: data.augment takes one of none, crop, flip, crop-flip: \"no\" is none of "
                "them"},
        BadFile{"conflict", "base:\n  model:\n    family: cifar\n    depth: 18\n",
                "8:12: family cifar has no network of depth 18; model.depth must be one of 8, 14, "
                "20, 32, 44, 56, 110"},
        BadFile{"conflict_with_default", "base:\n  data: {train_size: 100}\n",
                "6:22: train.batch_size 128 is larger than data.train_size 100; there would be no "
                "whole batch"},
        BadFile{"too_many_training_examples", "base:\n  data: {train_size: 20000}\n",
                "6:22: data.train_size 20000 and data.validation_size 5000 together need more than "
                "the 20000 training examples of synthetic; take fewer"},
        BadFile{"too_many_test_examples", "base:\n  data: {test_size: 4001}\n",
                "6:21: data.test_size 4001 is more than the 4000 test examples of synthetic; take "
                "fewer, or 0 for all"},
        BadFile{"mirrored_textures", "base: {data: {augment: flip}}\n",
                "5:24: data.augment flip mirrors pictures, and a mirrored picture of synthetic may "
                "belong to another class; take none, or another dataset"},
        BadFile{"plain_resnet_init", "base: {model: {skip: {init: 0}}}\n",
                "5:29: granularity none is the plain ResNet, whose skip weight is the constant 1; "
                "model.skip.init must be 1 there (leave it out, or exclude the combination)"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Axes, SweepErrorTest,
    testing::Values(
        BadFile{"axes_list", "axes: [a]\n", "5:7: axes takes a map (key: value), not a list"},
        BadFile{"axis_name", "axes: {1st: {path: train.lr, values: [1]}}\n",
                "5:8: an axis cannot be called \"1st\"; write up to 63 of a-z, 0-9, _ and -, a "
                "letter first"},
        BadFile{"axis_list", "axes: {lr: [0.1]}\n",
                "5:12: axes.lr takes a map of path, values, not a list"},
        BadFile{"axis_key", "axes: {lr: {path: train.lr, value: [1]}}\n",
                R"(5:29: unknown key "value" in axes.lr; did you mean "values"?)"},
        BadFile{"path_missing", "axes: {lr: {values: [1]}}\n",
                "5:21: axes.lr.values is a list, which needs a path beside it; without a path, "
                "write a map from names to settings"},
        BadFile{"values_missing", "axes: {lr: {path: train.lr}}\n",
                "5:12: axes.lr lacks the key values"},
        BadFile{"values_scalar", "axes: {lr: {path: train.lr, values: 0.1}}\n",
                "5:37: axes.lr.values takes a list ([a, b]), not \"0.1\""},
        BadFile{"values_empty", "axes: {lr: {path: train.lr, values: []}}\n",
                "5:37: axes.lr.values needs at least one element"},
        BadFile{"path_unknown", "axes: {lr: {path: train.lrr, values: [1]}}\n",
                R"(5:19: there is no field "train.lrr"; did you mean "train.lr"?)"},
        BadFile{"path_method", "axes: {m: {path: model.methods, values: [resnet]}}\n",
                R"(5:18: there is no field "model.methods"; did you mean "model.method"?)"},
        BadFile{"path_group", "axes: {lr: {path: model.skip, values: [1]}}\n",
                "5:19: model.skip is a group of fields; name one of model.skip.constraint, "
                "model.skip.decay_centre, model.skip.frozen_epochs, model.skip.granularity, "
                "model.skip.init, model.skip.init_convolutional, model.skip.init_identity, "
                "model.skip.lr_mult, model.skip.placement, model.skip.train, "
                "model.skip.weight_decay"},
        BadFile{"path_seed", "axes: {s: {path: seed, values: [1]}}\n",
                "5:18: an axis cannot vary the seed; list seeds in replicates.seeds"},
        BadFile{"path_twice",
                "axes:\n  a: {path: train.lr, values: [1]}\n  b: {path: train.lr, values: [2]}\n",
                "7:13: axes a and b both set train.lr; remove one of them"},
        BadFile{"value_wrong", "axes: {lr: {path: train.lr, values: [0.1, fast]}}\n",
                R"(5:43: train.lr takes a number > 0: "fast" is not a number)"},
        BadFile{"value_map", "axes: {lr: {path: train.lr, values: [{a: 1}]}}\n",
                "5:38: train.lr takes one value, not a map"},
        BadFile{"value_null", "axes: {lr: {path: train.lr, values: [~]}}\n",
                "5:38: train.lr takes one value, not nothing"},
        BadFile{"value_twice", "axes: {lr: {path: train.lr, values: [0.1, 0.2, 1e-1]}}\n",
                "5:48: axis lr has the value 0.1 twice; remove one of them"},
        BadFile{"normal_unquoted",
                "axes: {i: {path: model.skip.init, values: [1, normal(0, 0.05)]}}\n",
                "5:47: model.skip.init takes a number, normal(mean, sd), uniform(low, high), "
                "root-depth(c), depth-power(c, power), decay(last), match-rms(ratio, batches) or "
                "admin(batches): \"normal(0\" lacks its closing parenthesis; inside { } and [ ] it "
                "needs quotes: "
                "\"normal(0, 0.05)\""},
        BadFile{"cell_conflict",
                "axes:\n  family: {path: model.family, values: [cifar, paper]}\n"
                "  depth: {path: model.depth, values: [8, 18]}\n",
                "7:42: family cifar has no network of depth 18; model.depth must be one of 8, 14, "
                "20, 32, 44, 56, 110 (cell family=cifar depth=18)"},
        BadFile{
            "cell_conflict_with_base",
            "base: {model: {depth: 8}}\n"
            "axes:\n  family: {path: model.family, values: [cifar, paper]}\n",
            "7:48: family paper has no network of depth 8; model.depth must be one of 18, 50 (cell "
            "family=paper)"}),
    CaseName);

// Two axes in lines 5 to 7; the tests' text begins in line 8.
std::string WithAxes(const std::string& text) {
  return "axes:\n  lr: {path: train.lr, values: [0.1, 0.01]}\n"
         "  depth: {path: model.depth, values: [8, 14]}\n" +
         text;
}

INSTANTIATE_TEST_SUITE_P(
    Design, SweepErrorTest,
    testing::Values(
        BadFile{"design_key", WithAxes("design: {excludes: []}\n"),
                R"(8:10: unknown key "excludes" in design; did you mean "exclude"?)"},
        BadFile{"product_unknown", WithAxes("design: {product: [lr, dept]}\n"),
                R"(8:24: there is no axis "dept"; did you mean "depth"?)"},
        BadFile{"product_twice", WithAxes("design: {product: [lr, depth, lr]}\n"),
                "8:31: axis lr stands twice in design.product"},
        BadFile{"product_incomplete", WithAxes("design: {product: [depth]}\n"),
                "8:19: axis lr does not stand in design.product; add it, or remove the axis"},
        BadFile{"exclude_map", WithAxes("design: {exclude: {lr: 0.1}}\n"),
                "8:19: design.exclude takes a list ([a, b]), not a map"},
        BadFile{"exclude_word", WithAxes("design: {exclude: [lr]}\n"),
                "8:20: a rule of design.exclude takes a map (key: value), not \"lr\""},
        BadFile{"exclude_nothing", WithAxes("design: {exclude: [{}]}\n"),
                "8:20: a rule of design.exclude names at least one axis"},
        BadFile{"exclude_axis", WithAxes("design:\n  exclude:\n    - {rl: 0.1}\n"),
                R"(10:8: there is no axis "rl"; did you mean "lr"?)"},
        BadFile{"exclude_value", WithAxes("design:\n  exclude:\n    - {depth: 20}\n"),
                "10:15: axis depth has no value 20; known are 8, 14"},
        BadFile{"exclude_type", WithAxes("design: {exclude: [{depth: deep}]}\n"),
                "8:28: model.depth takes an integer from 1 to 1000: \"deep\" is not a number"},
        BadFile{"exclude_value_twice", WithAxes("design: {exclude: [{lr: [0.1, 1e-1]}]}\n"),
                "8:31: the rule has the value 0.1 twice; remove one of them"},
        BadFile{"exclude_list_empty", WithAxes("design: {exclude: [{lr: []}]}\n"),
                "8:25: the exclude list of axis lr needs at least one element"},
        BadFile{"exclude_all", WithAxes("design: {exclude: [{lr: [0.1, 0.01]}]}\n"),
                "8:20: the exclude rules leave no cell"},
        BadFile{"exclude_without_axes", "design: {exclude: [{lr: 1}]}\n",
                "5:21: there is no axis \"lr\"; the sweep has no axes"},
        BadFile{"compare_empty", WithAxes("compare: {}\n"), "8:10: compare lacks the key baseline"},
        BadFile{"baseline_text", WithAxes("compare: {baseline: lr}\n"),
                "8:21: compare.baseline takes a map (key: value), not \"lr\""},
        BadFile{"baseline_nothing", WithAxes("compare: {baseline: {}}\n"),
                "8:21: compare.baseline names at least one axis"},
        BadFile{"baseline_axis", WithAxes("compare: {baseline: {width: 8}}\n"),
                "8:22: there is no axis \"width\"; known are lr, depth"},
        BadFile{"baseline_value", WithAxes("compare: {baseline: {lr: 0.02}}\n"),
                "8:26: axis lr has no value 0.02; did you mean \"0.01\"?"},
        BadFile{"baseline_excluded",
                WithAxes("design: {exclude: [{lr: 0.1}]}\ncompare: {baseline: {lr: 0.1}}\n"),
                "9:21: no cell has the baseline's values; the exclude rules took them all"}),
    CaseName);

// Files as they are, from line 1.
class WholeFileErrorTest : public testing::TestWithParam<BadFile> {};

TEST_P(WholeFileErrorTest, NamesPlaceAndWayOut) {
  ExpectError(GetParam().text, GetParam().message);
}

std::string Replicates(const std::string& text) {
  return "apiVersion: adares/v1\nkind: Sweep\nname: s\n" + text;
}

INSTANTIATE_TEST_SUITE_P(
    Head, WholeFileErrorTest,
    testing::Values(
        BadFile{"empty", "", "1:1: the file is empty"},
        BadFile{"comment_only", "# nothing\n", "1:1: the file is empty"},
        BadFile{"text", "hello\n", "1:1: the sweep file takes a map (key: value), not \"hello\""},
        BadFile{"list", "\n- a\n", "2:1: the sweep file takes a map (key: value), not a list"},
        BadFile{"no_version", "# comment\nkind: Sweep\n",
                "2:1: the sweep file lacks the key apiVersion"},
        BadFile{"later_version", "kind: Sweep\nplan: x\napiVersion: adares/v2\n",
                "3:13: apiVersion \"adares/v2\" is not known here; this build reads adares/v1"},
        BadFile{"no_kind", "apiVersion: adares/v1\n", "1:1: the sweep file lacks the key kind"},
        BadFile{"other_kind", "apiVersion: adares/v1\nkind: sweep\n",
                "2:7: kind cannot be \"sweep\"; did you mean \"Sweep\"?"},
        BadFile{"no_name", "apiVersion: adares/v1\nkind: Sweep\n",
                "1:1: the sweep file lacks the key name"},
        BadFile{"bad_name", "apiVersion: adares/v1\nkind: Sweep\nname: My Sweep\n",
                "3:7: a sweep cannot be called \"My Sweep\"; write up to 63 of a-z, 0-9 and -, a "
                "letter first, no - last"},
        BadFile{"no_replicates", Replicates(""), "1:1: the sweep file lacks the key replicates"},
        BadFile{"no_seeds", Replicates("replicates: {}\n"), "4:13: replicates lacks the key seeds"},
        BadFile{"seeds_number", Replicates("replicates: {seeds: 3}\n"),
                "4:21: replicates.seeds takes a list ([a, b]), not \"3\""},
        BadFile{"seeds_empty", Replicates("replicates: {seeds: []}\n"),
                "4:21: replicates.seeds needs at least one element"},
        BadFile{"seed_negative", Replicates("replicates: {seeds: [0, -1]}\n"),
                "4:25: replicates.seeds takes an integer from 0 to 9223372036854775807: \"-1\" is "
                "out of range"},
        BadFile{"seed_twice", Replicates("replicates: {seeds: [0, 1, 0]}\n"),
                "4:28: the seed 0 is there twice; remove one of them"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Yaml, WholeFileErrorTest,
    testing::Values(
        BadFile{"tab", "a:\n\tb: 1\n", "2:1: a tab stands here; write blanks"},
        BadFile{"tab_behind_text", "gr\xc3\xbc\xc3\x9f: 1\t# x\n",
                "1:8: a tab stands here; write blanks"},
        BadFile{"control", "a: b\x01\n", "1:5: a control character (0x01) stands here; remove it"},
        BadFile{"lone_return", "a: 1\rb: 2\n",
                "1:5: a control character (0x0d) stands here; remove it"},
        BadFile{"latin1", "a: 1\nb: gr\xfc\xdf\n",
                "2:1: the line is not valid UTF-8; save the file as UTF-8"},
        BadFile{"duplicate_key_quoted", "a: 1\n\"a\": 2\n",
                R"(2:1: duplicate key "a"; remove one of them)"},
        BadFile{"duplicate_key_deep", "a: {b: [{c: 1, d: 2, c: 3}]}\n",
                R"(1:22: duplicate key "c"; remove one of them)"},
        BadFile{"anchor", "a: &x 1\n", "1:4: anchors (&name) are not allowed; write the value out"},
        BadFile{"anchor_on_map", "a: &x {b: 1}\n",
                "1:4: anchors (&name) are not allowed; write the value out"},
        BadFile{"tag", "a: !!str 1\n",
                "1:4: tags (!name) are not allowed; the key decides the type"},
        BadFile{"tag_alone", "a: ! 1\n",
                "1:4: tags (!name) are not allowed; the key decides the type"},
        BadFile{"tag_on_list", "a: !set [1]\n",
                "1:4: tags (!name) are not allowed; the key decides the type"},
        BadFile{"merge_key", "a:\n  <<: {b: 1}\n",
                "2:3: merge keys (<<) are not allowed; write the values out"},
        BadFile{"complex_key", "? [a]\n: 1\n",
                "1:3: a list or a map stands where a key should, or is not closed"},
        BadFile{"key_missing", "{a: 1, , b: 2}\n", "1:8: a key is missing"},
        BadFile{"blank_missing", "a: {b:1}\n",
                R"(1:5: a blank is missing after the colon in "b:1")"},
        BadFile{"second_document", "a: 1\n---\nb: 1\n",
                "2:1: a second document begins here; a file holds one sweep"},
        BadFile{"stray_line", " a: 1\nb: 1\n",
                "2:1: this does not belong to what stands before it; check indentation"},
        BadFile{"indentation", "a: 1\n  b: 1\n",
                "2:4: not valid YAML: a colon stands where no key can be; check indentation, or "
                "quote text that contains a colon"},
        BadFile{"open_list", "a: [1, 2\nb: 3\n",
                "2:2: not valid YAML: a [ is not closed, or a comma is missing"},
        BadFile{"open_map", "a: {b: 1\n",
                "2:1: not valid YAML: a { is not closed, or a comma is missing"},
        BadFile{"open_quote", "a: \"b\n",
                "1:4: the quoted text that begins here has no closing quote"},
        BadFile{"open_single_quote", "a: 'it''s\n",
                "1:4: the quoted text that begins here has no closing quote"},
        BadFile{"closed_twice", "a: [1]]\n",
                "1:7: not valid YAML: this closes nothing that is open"},
        BadFile{"reserved", "a: @b\n",
                "1:4: not valid YAML: a value cannot begin with this character; quote it"},
        BadFile{"columns_count_characters", "{t: \"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\", t: 1}\n",
                R"(1:12: duplicate key "t"; remove one of them)"},
        BadFile{"byte_order_mark",
                "\xef\xbb\xbf"
                "a: 1\na: 2\n",
                R"(2:1: duplicate key "a"; remove one of them)"},
        BadFile{"windows_lines", "a: 1\r\nb: 2\r\na: 3\r\n",
                R"(3:1: duplicate key "a"; remove one of them)"}),
    CaseName);

TEST(SweepErrorTest, AliasesAreRefused) {
  // The anchor comes first and is refused first; an alias without one is refused by the parser.
  ExpectError("a: *x\n", "1:4: not valid YAML: the referenced anchor is not defined");
}

TEST(SweepErrorTest, TooManyAxesLabelsAndRulesAreRefused) {
  std::string labels = "labels:\n";
  for (int i = 0; i < 33; ++i) absl::StrAppend(&labels, "  l", i, ": x\n");
  ExpectError(kHead + labels, "38:3: a sweep has at most 32 labels");
  std::string axes = "axes:\n";
  for (int i = 0; i < 17; ++i) {
    absl::StrAppend(&axes, "  a", i, ": {path: train.lr, values: [1]}\n");
  }
  ExpectError(kHead + axes, "22:3: a sweep has at most 16 axes");
  std::string rules = "design:\n  exclude:\n";
  for (int i = 0; i < 1001; ++i) rules += "    - {lr: 0.1}\n";
  ExpectError(kHead + WithAxes(rules), "10:5: at most 1000 rules are allowed");
}

struct BadOverride {
  const char* name;
  std::vector<Override> overrides;
  const char* message;
};
void PrintTo(const BadOverride& value, std::ostream* out) { *out << value.name; }

class OverrideErrorTest : public testing::TestWithParam<BadOverride> {};

TEST_P(OverrideErrorTest, NamesTheSetting) {
  const absl::StatusOr<SweepPlan> plan =
      LoadSweep(kHead + WithAxes(""), "s.yaml", GetParam().overrides);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(std::string(plan.status().message()), GetParam().message);
  EXPECT_EQ(ErrorReason(plan.status()), "SPEC_INVALID");
  EXPECT_EQ(ErrorMetadata(plan.status()).count("override"), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    All, OverrideErrorTest,
    testing::Values(
        BadOverride{
            "value",
            {{"train.epochs", "abc"}},
            "--set train.epochs=abc: train.epochs takes an integer from 1 to 10000: \"abc\" "
            "is not a number"},
        BadOverride{"path",
                    {{"train.epoch", "1"}},
                    "--set train.epoch=1: there is no field \"train.epoch\"; did you mean "
                    "\"train.epochs\"?"},
        BadOverride{"recipe_path",
                    {{"recepie", "clean"}},
                    "--set recepie=clean: there is no field \"recepie\"; did you mean \"recipe\"?"},
        BadOverride{"group",
                    {{"data", "mnist"}},
                    "--set data=mnist: data is a group of fields; name one of data.augment, "
                    "data.cutout, data.dataset, data.folder, data.label_noise, data.normalise, "
                    "data.test_size, data.train_fraction, data.train_size, data.validation_size"},
        BadOverride{"seed",
                    {{"seed", "1"}},
                    "--set seed=1: seeds are not part of the configuration; list them in "
                    "replicates.seeds"},
        BadOverride{
            "axis",
            {{"train.lr", "0.5"}},
            "--set train.lr=0.5: the axis lr gives this field its values; change the axis in "
            "the file"},
        BadOverride{"twice",
                    {{"train.epochs", "1"}, {"train.epochs", "2"}},
                    "--set train.epochs=2: the field is set twice; keep one of the settings"},
        BadOverride{"name",
                    {{"name", "Bad Name"}},
                    "--name Bad Name: a sweep cannot be called \"Bad Name\"; write up to 63 of "
                    "a-z, 0-9 and -, a letter first, no - last"},
        BadOverride{"name_twice",
                    {{"name", "a"}, {"name", "b"}},
                    "--name b: the name is set twice; keep one of them"},
        BadOverride{"conflict",
                    {{"data.train_size", "100"}},
                    "--set data.train_size=100: train.batch_size 128 is larger than "
                    "data.train_size 100; there would be no whole batch (cell lr=0.1 depth=8)"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace adares
