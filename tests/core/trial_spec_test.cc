// Canonical JSON, the ids made from it, and reading it back.
#include "core/trial_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <set>

#include "core/status.h"
#include "core/trial_spec_fields.h"
#include "nlohmann/json.hpp"
#include "tests/core/random_spec.h"

namespace adares {
namespace {

using ::testing::HasSubstr;

// Ids and digests rest on these bytes: a change of them makes every stored trial another trial.
TEST(TrialSpecTest, CanonicalJsonIsPinned) {
  EXPECT_EQ(
      CanonicalJson(TrialSpec{}),
      R"({"data":{"augment":"none","cutout":0,"dataset":"synthetic","folder":"none",)"
      R"("label_noise":0,"normalise":"on","test_size":0,"train_fraction":1,"train_size":0,)"
      R"("validation_size":5000},"model":{"branch_drop":0,"depth":8,"family":"cifar",)"
      R"("last_norm":"affine","norm":"batch","skip":{"constraint":"none","decay_centre":0,"frozen_epochs":0,)"
      R"("granularity":"none","init":1,"init_convolutional":"inherit",)"
      R"("init_identity":"inherit","lr_mult":1,"placement":"skip","train":"learned",)"
      R"("weight_decay":0},"stem":"cifar"},"seed":0,)"
      R"("train":{"batch_size":128,"clip_norm":0,"ema_decay":0,"epochs":10,)"
      R"("label_smoothing":0,"log_every":50,"lr":0.1,"momentum":0.9,"optimizer":"sgd",)"
      R"("precision":"fp32","schedule":"cosine","warmup_epochs":0,"weight_decay":0}})");
  // By `printf %s ... | sha256sum` over the text above, with and without the seed.
  EXPECT_EQ(TrialId(TrialSpec{}), "9886883690b2");
  EXPECT_EQ(VariantId(TrialSpec{}), "3daa3cf57634");
}

TEST(TrialSpecTest, SeedMakesAnotherTrialOfTheSameVariant) {
  TrialSpec spec;
  spec.seed = 7;
  EXPECT_NE(TrialId(spec), TrialId(TrialSpec{}));
  EXPECT_EQ(VariantId(spec), VariantId(TrialSpec{}));
}

TEST(TrialSpecTest, CanonicalJsonReadsBackAndIsTheSameOnTheSecondWriting) {
  RandomSpec specs(1);
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const TrialSpec spec = specs.Next();
    const std::string json = CanonicalJson(spec);
    const absl::StatusOr<TrialSpec> read = ParseTrialSpec(json);
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << json;
    ASSERT_EQ(*read, spec) << json;
    ASSERT_EQ(CanonicalJson(*read), json);
    seen.insert(json);
  }
  EXPECT_GT(seen.size(), 1990U) << "the specs are not random";
}

// The keys of a JSON text, as they come.
std::vector<std::string> KeysInOrder(const std::string& json) {
  std::vector<std::string> keys;
  const auto collect = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (event == nlohmann::json::parse_event_t::key) keys.push_back(parsed.get<std::string>());
    return true;
  };
  EXPECT_TRUE(nlohmann::json::parse(json, collect).is_object());
  return keys;
}

TEST(TrialSpecTest, CanonicalJsonIsJsonWithSortedKeysAndNoBlanks) {
  RandomSpec specs(2);
  for (int i = 0; i < 200; ++i) {
    const TrialSpec spec = specs.Next();
    const std::string json = CanonicalJson(spec);
    const auto parsed = nlohmann::json::parse(json);
    // nlohmann sorts keys and writes no blanks; only its numbers look different.
    EXPECT_EQ(parsed.flatten().size(), TrialSpecFields().size());
    EXPECT_EQ(KeysInOrder(json), KeysInOrder(parsed.dump()));
    for (size_t blank = json.find_first_of(" \n"); blank != std::string::npos;
         blank = json.find_first_of(" \n", blank + 1)) {
      // Only between two numbers in parentheses.
      EXPECT_EQ(json.substr(blank - 1, 2), ", ") << json;
      EXPECT_LT(json.rfind('(', blank), blank) << json;
      EXPECT_GT(json.rfind('(', blank), json.rfind('{', blank)) << json;
    }
  }
}

TEST(TrialSpecTest, MissingKeysKeepTheirDefaults) {
  const absl::StatusOr<TrialSpec> spec =
      ParseTrialSpec(R"( {"train": {"lr": 1e-3}, "model": {"skip": {}}} )");
  ASSERT_TRUE(spec.ok()) << spec.status();
  TrialSpec expected;
  expected.train.lr = 0.001;
  EXPECT_EQ(*spec, expected);
}

TEST(TrialSpecTest, InitIsANumberOrADistribution) {
  const auto read = [](const std::string& init) {
    return ParseTrialSpec(R"({"model":{"skip":{"granularity":"block","init":)" + init + "}}}");
  };
  EXPECT_EQ(read("-0.5")->model.skip.init, (SkipInit{SkipInit::Kind::kConstant, -0.5, 0, 0}));
  EXPECT_EQ(read("\"normal(0,5e-2)\"")->model.skip.init,
            (SkipInit{SkipInit::Kind::kNormal, 0, 0.05, 0}));
  EXPECT_EQ(read("\"uniform(-1,2)\"")->model.skip.init,
            (SkipInit{SkipInit::Kind::kUniform, -1, 0, 2}));
  EXPECT_THAT(CanonicalJson(*read("\"normal( -1 , 0.50)\"")),
              HasSubstr("\"init\":\"normal(-1, 0.5)\""));
  EXPECT_THAT(CanonicalJson(*read("\"uniform( -1 ,2)\"")),
              HasSubstr("\"init\":\"uniform(-1, 2)\""));
  EXPECT_EQ(read("-0"), read("0"));
}

TEST(TrialSpecTest, InitIsARule) {
  const auto read = [](const std::string& init) {
    return ParseTrialSpec(R"({"model":{"skip":{"granularity":"block","init":")" + init + "\"}}}");
  };
  using Kind = SkipInit::Kind;
  EXPECT_EQ(read("depth-power(2,0.25)")->model.skip.init,
            (SkipInit{Kind::kDepthPower, 2, 0, 0, 0.25}));
  EXPECT_EQ(read("match-rms(0.5)")->model.skip.init, (SkipInit{Kind::kMatchRms, 0.5, 0, 0}));
  EXPECT_EQ(read("match-rms(0.5, 1)"), read("match-rms(0.5)"));
  EXPECT_EQ(read("match-rms(0.5, 4)")->model.skip.init,
            (SkipInit{Kind::kMatchRms, 0.5, 0, 0, 0, 4}));
  EXPECT_EQ(read("admin( 3)")->model.skip.init, (SkipInit{Kind::kAdmin, 1, 0, 0, 0, 3}));
  for (const char* text :
       {"depth-power(2, 0.25)", "match-rms(0.5)", "match-rms(0.5, 4)", "admin(1)"}) {
    EXPECT_THAT(CanonicalJson(*read(text)), HasSubstr(std::string("\"init\":\"") + text + "\""));
  }
}

TEST(TrialSpecTest, OverridesOfInitInheritUnlessTheyAreSet) {
  const auto read = [](const std::string& value) {
    return ParseTrialSpec(R"({"model":{"skip":{"granularity":"block","init_convolutional":)" +
                          value + "}}}")
        ->model.skip;
  };
  EXPECT_EQ(read("\"inherit\"").init_convolutional, std::nullopt);
  EXPECT_EQ(read("0").init_convolutional, (SkipInit{SkipInit::Kind::kConstant, 0, 0, 0}));
  EXPECT_EQ(read("\"normal(0, 0.05)\"").init_convolutional,
            (SkipInit{SkipInit::Kind::kNormal, 0, 0.05, 0}));
  EXPECT_EQ(read("0").init_identity, std::nullopt);
}

TEST(TrialSpecTest, ConstraintIsAWordOrAForm) {
  const auto read = [](const std::string& value) {
    return ParseTrialSpec(R"({"model":{"skip":{"granularity":"block","init":0.5,"constraint":")" +
                          value + "\"}}}")
        ->model.skip.constraint;
  };
  using Kind = SkipConstraint::Kind;
  EXPECT_EQ(read("none"), SkipConstraint{});
  EXPECT_EQ(read("sigmoid( 2 )"), (SkipConstraint{Kind::kSigmoid, 0, 2}));
  EXPECT_EQ(read("tanh(1)"), (SkipConstraint{Kind::kTanh, 0, 1}));
  EXPECT_EQ(read("softplus"), (SkipConstraint{Kind::kSoftplus, 0, 0}));
  EXPECT_EQ(read("clamp(-1,1e0)"), (SkipConstraint{Kind::kClamp, -1, 1}));
}

struct BadSpec {
  const char* name;
  const char* json;
  const char* message;
  const char* path;
};
void PrintTo(const BadSpec& value, std::ostream* out) { *out << value.name; }

class BadSpecTest : public testing::TestWithParam<BadSpec> {};

TEST_P(BadSpecTest, IsRefusedNamingThePath) {
  const absl::StatusOr<TrialSpec> spec = ParseTrialSpec(GetParam().json);
  ASSERT_FALSE(spec.ok());
  EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(spec.status()), "SPEC_INVALID");
  EXPECT_EQ(std::string(spec.status().message()), GetParam().message);
  EXPECT_EQ(ErrorMetadata(spec.status())["path"], GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSpecTest,
    testing::Values(
        BadSpec{"empty", "", "not valid JSON near byte 1", ""},
        BadSpec{"truncated", R"({"train":{"lr":0.1})", "not valid JSON near byte 20", ""},
        BadSpec{"trailing", "{} {}", "not valid JSON near byte 4", ""},
        BadSpec{"not_an_object", "[]", "no field takes a list", ""},
        BadSpec{"a_number", "5", "a trial spec is an object", ""},
        BadSpec{"unknown_key", R"({"train":{"epoch":3}})",
                R"(train.epoch: unknown key "epoch" in train; did you mean "epochs"?)",
                "train.epoch"},
        BadSpec{"misplaced_key", R"({"model":{"lr":3}})",
                R"(model.lr: unknown key "lr" in model; the field is train.lr)", "model.lr"},
        BadSpec{"dotted_key", R"({"train.lr":3})",
                R"(train.lr: unknown key "train.lr"; write its parts as nested keys)", "train.lr"},
        BadSpec{"duplicate_key", R"({"train":{"lr":1,"lr":2}})", "train.lr: the key is there twice",
                "train.lr"},
        BadSpec{"duplicate_group", R"({"train":{},"train":{}})", "train: the key is there twice",
                "train"},
        BadSpec{"number_for_group", R"({"train":3})", R"(train: takes an object, not "3")",
                "train"},
        BadSpec{"object_for_field", R"({"seed":{}})", "seed: the field takes one value, no object",
                "seed"},
        BadSpec{"list_for_field", R"({"seed":[1]})", "seed: no field takes a list", "seed"},
        BadSpec{"null", R"({"seed":null})", R"(seed takes an integer >= 0: "null" is not a number)",
                "seed"},
        BadSpec{"boolean", R"({"train":{"lr":true}})",
                R"(train.lr takes a number > 0: "true" is not a number)", "train.lr"},
        BadSpec{"quoted_number", R"({"train":{"lr":"0.1"}})",
                R"(train.lr takes a number > 0: "0.1" is a string; remove the quotes)", "train.lr"},
        BadSpec{"float_for_integer", R"({"train":{"epochs":3.0}})",
                R"(train.epochs takes an integer from 1 to 10000: "3.0" is not an integer)",
                "train.epochs"},
        BadSpec{"negative_seed", R"({"seed":-1})",
                R"(seed takes an integer >= 0: "-1" is out of range)", "seed"},
        BadSpec{"huge_seed", R"({"seed":9223372036854775808})",
                R"(seed takes an integer >= 0: "9223372036854775808" does not fit into 64 bits)",
                "seed"},
        BadSpec{"conflict", R"({"model":{"family":"paper"}})",
                "family paper has no network of depth 8; model.depth must be one of 18, 50",
                "model.depth"},
        BadSpec{"paper_batch",
                R"({"model":{"family":"paper","depth":18},"train":{"batch_size":1}})",
                "family paper ends in one pixel, where batch norm needs two pictures; "
                "train.batch_size must be at least 2",
                "train.batch_size"}),
    [](const auto& test) { return test.param.name; });

TEST(TrialSpecTest, HostileNestingIsAnErrorAndNoCrash) {
  for (const char* opening : {"[", "{\"train\":", "{\"a\":[", "{"}) {
    std::string json;
    for (int i = 0; i < 200'000; ++i) json += opening;
    EXPECT_FALSE(ParseTrialSpec(json).ok());
  }
}

TEST(TrialSpecTest, EveryTruncationIsAnError) {
  const std::string json = CanonicalJson(TrialSpec{});
  for (size_t length = 0; length < json.size(); ++length) {
    EXPECT_FALSE(ParseTrialSpec(json.substr(0, length)).ok()) << length;
  }
}

}  // namespace
}  // namespace adares
