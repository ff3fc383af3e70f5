// The sections of a sweep file that say how its trials are handed out.
#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/sweep_spec.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string File(const std::string& sections) {
  return "apiVersion: adares/v1\nkind: Sweep\nname: s\n"
         "axes:\n  g: {path: model.skip.granularity, values: [stage, block]}\n"
         "replicates: {seeds: [0, 1]}\n" +
         sections;
}

TEST(SweepScheduleTest, WithoutAWordTheDefaultsHold) {
  const auto plan = LoadSweep(File(""), "s.yaml");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->schedule, Schedule{});
}

TEST(SweepScheduleTest, AllOfItIsRead) {
  const auto plan =
      LoadSweep(File("schedule: {priority: 7, max_parallel: 3, order: variant-major, "
                     "timeout: 90m}\n"
                     "retries: {error: 0, worker-lost: 9, out-of-memory: 1}\n"
                     "resources: {device: cuda, memory: 8GiB, labels: {gpu: H200}}\n"),
                "s.yaml");
  ASSERT_TRUE(plan.ok()) << plan.status();
  Schedule expected;
  expected.priority = 7;
  expected.max_parallel = 3;
  expected.order = TrialOrder::kVariantMajor;
  expected.timeout = std::chrono::minutes(90);
  expected.retries = {
      {EndReason::kError, 0}, {EndReason::kWorkerLost, 9}, {EndReason::kOutOfMemory, 1}};
  expected.resources = {"cuda", int64_t{8} << 30, {{"gpu", "H200"}}};
  EXPECT_EQ(plan->schedule, expected);
}

std::vector<std::string> Order(const std::string& sections) {
  const auto plan = LoadSweep(File(sections), "s.yaml");
  std::vector<std::string> order;
  for (const PlannedTrial& trial : plan->trials) {
    order.push_back(plan->variants[trial.variant_index].axes[0].second +
                    std::to_string(trial.seed));
  }
  return order;
}

TEST(SweepScheduleTest, TrialsComeSeedBySeedOrVariantByVariant) {
  EXPECT_THAT(Order(""), ElementsAre("stage0", "block0", "stage1", "block1"));
  EXPECT_THAT(Order("schedule: {order: variant-major}\n"),
              ElementsAre("stage0", "stage1", "block0", "block1"));
}

TEST(SweepScheduleTest, TheDigestDoesNotKnowOfIt) {
  EXPECT_EQ(LoadSweep(File(""), "s.yaml")->digest,
            LoadSweep(File("schedule: {max_parallel: 2}\nretries: {error: 3}\n"
                           "resources: {device: cpu}\n"),
                      "s.yaml")
                ->digest);
}

TEST(SweepScheduleTest, AStopRuleIsPartOfWhatIsRun) {
  const auto plan =
      LoadSweep(File("stop: {rule: {type: target, metric: validation/accuracy, above: 0.95, "
                     "after_epoch: 3}}\n"),
                "s.yaml");
  ASSERT_TRUE(plan.ok()) << plan.status();
  const StopRule rule{"validation/accuracy", StopRule::Side::kAbove, 0.95, 3};
  EXPECT_EQ(plan->schedule.stop, rule);
  EXPECT_NE(plan->digest, LoadSweep(File(""), "s.yaml")->digest);
  const auto none = LoadSweep(File("stop: {rule: {type: none}}\n"), "s.yaml");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->digest, LoadSweep(File(""), "s.yaml")->digest);
}

TEST(SweepScheduleTest, ARuleIsReachedBeyondItsTargetAndNotByNan) {
  const StopRule above{"a", StopRule::Side::kAbove, 0.5, 2};
  const auto reaches = [](const StopRule& rule, int64_t epoch, double value) {
    return IsReached(rule, {"a", epoch, epoch, value});
  };
  EXPECT_TRUE(reaches(above, 2, 0.6));
  EXPECT_FALSE(reaches(above, 2, 0.5));
  EXPECT_FALSE(reaches(above, 1, 0.6));
  EXPECT_FALSE(reaches(above, 2, std::nan("")));
  const StopRule below{"a", StopRule::Side::kBelow, 0.5, 0};
  EXPECT_TRUE(reaches(below, 0, 0.4));
  EXPECT_FALSE(reaches(below, 0, std::nan("")));
  EXPECT_FALSE(IsReached(below, {"b", 0, 0, 0.4}));
  for (const StopRule& rule : {above, below}) EXPECT_EQ(*ParseStopRule(ToText(rule)), rule);
  for (const std::string epoch : {"-1", "0.5", "1e300", "44444444444444444444444444444444"}) {
    EXPECT_FALSE(ParseStopRule(R"({"type": "target", "metric": "m", "above": 1, "after_epoch": )" +
                               epoch + "}")
                     .ok())
        << epoch;
  }
}

TEST(SweepScheduleTest, WhatCannotBeIsAnErrorWithItsPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"schedule: {max_parallel: 0}\n", "7:26: schedule.max_parallel takes an integer from 1"},
      {"schedule: {order: random}\n", "7:19: schedule.order cannot be \"random\""},
      {"schedule: {timeout: 90}\n", "7:21: schedule.timeout takes a whole number with s, m, h"},
      {"schedule: {timeout: 0s}\n", "schedule.timeout takes"},
      {"schedule: {timeout: 1000d}\n", "schedule.timeout takes"},
      {"schedule: {timeout: 99999999999999999999s}\n", "schedule.timeout takes"},
      {"schedule: {timeout: -5m}\n", "schedule.timeout takes"},
      {"retries: {finished: 1}\n", "7:11: unknown key \"finished\" in retries"},
      {"retries: {preempted: 1}\n", "unknown key \"preempted\" in retries"},
      {"retries: {error: -1}\n", "retries.error takes an integer from 0 to 1000"},
      {"resources: {device: tpu}\n", "resources.device cannot be \"tpu\""},
      {"resources: {memory: 8GB}\n", "resources.memory takes a whole number with MiB or GiB"},
      {"resources: {labels: {Gpu: x}}\n", "a label cannot be called \"Gpu\""},
      {"stop: {}\n", "7:7: stop lacks the key rule"},
      {"stop: {rule: {type: median}}\n", "stop.rule.type cannot be \"median\""},
      {"stop: {rule: {type: target, above: 1}}\n", "stop.rule lacks the key metric"},
      {"stop: {rule: {type: target, metric: test/acuracy, above: 1}}\n",
       "stop.rule.metric cannot be \"test/acuracy\""},
      {"stop: {rule: {type: target, metric: test/loss}}\n",
       "7:14: stop.rule takes either `below` or `above`"},
      {"stop: {rule: {type: target, metric: test/loss, below: 1, above: 2}}\n",
       "stop.rule takes either `below` or `above`"},
      {"stop: {rule: {type: target, metric: test/loss, below: .5}}\n", "7:55: stop.rule's target"},
      {"stop: {rule: {type: target, metric: validation/accuracy, above: 95}}\n",
       "7:14: the stop rule can never be reached: accuracies are fractions"},
      {"stop: {rule: {type: target, metric: test/accuracy, above: 0.9}}\n",
       "7:14: the stop rule looks at the test part, which is measured only at the end"},
      {"stop: {rule: {type: target, metric: train/loss, below: 0.1, after_epoch: 900}}\n",
       "7:14: the stop rule looks from epoch 900 on, and train.epochs is"},
      {"base: {data: {validation_size: 0}}\n"
       "stop: {rule: {type: target, metric: validation/loss, below: 0.1}}\n",
       "the stop rule needs data.validation_size > 0"},
      {"stop: {rule: {type: none, above: 1}}\n", "unknown key \"above\" in stop.rule"},
      {"resources: {gpus: 1}\n", "unknown key \"gpus\" in resources"},
  };
  for (const auto& [sections, message] : cases) {
    const auto plan = LoadSweep(File(sections), "s.yaml");
    ASSERT_FALSE(plan.ok()) << sections;
    EXPECT_THAT(std::string(plan.status().message()), HasSubstr(message)) << sections;
  }
}

}  // namespace
}  // namespace adares
