// The example files load and say what their comments say.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>

#include "core/sweep_spec.h"
#include "tests/core/source_tree.h"

namespace adares {
namespace {

SweepPlan LoadExample(const std::string& name, const std::vector<Override>& overrides = {}) {
  const std::string path = "examples/" + name + ".yaml";
  absl::StatusOr<SweepPlan> plan = LoadSweep(ReadSourceFile(path), path, overrides);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *std::move(plan) : SweepPlan{};
}

TEST(SweepExampleTest, EveryExampleLoadsUnderItsName) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(ADARES_SOURCE_DIR) / "examples")) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_EQ(LoadExample(entry.path().stem()).name, entry.path().stem());
    ++count;
  }
  EXPECT_GE(count, 3);
}

TEST(SweepExampleTest, QuickHasFourVariantsAndTwoSeedsOnBothDataSets) {
  for (const char* dataset : {"synthetic", "mnist"}) {
    const SweepPlan plan = LoadExample("quick", {{"data.dataset", dataset}});
    EXPECT_EQ(plan.variants.size(), 4U);
    EXPECT_EQ(plan.trials.size(), 8U);
    EXPECT_EQ(Name(plan.variants.at(0).spec.data.dataset), dataset);
  }
}

TEST(SweepExampleTest, GranularityStudiesHaveFiveAgainstThePlainResNet) {
  for (const char* name : {"mnist-granularity", "cifar10-granularity"}) {
    const SweepPlan plan = LoadExample(name);
    ASSERT_EQ(plan.variants.size(), 5U);
    EXPECT_EQ(plan.variants[0].spec.model.skip.granularity, Granularity::kNone);
    for (const Variant& variant : plan.variants) {
      EXPECT_EQ(variant.baseline_id, plan.variants[0].id);
    }
  }
  EXPECT_EQ(LoadExample("mnist-granularity").trials.size(), 10U);
  EXPECT_EQ(LoadExample("cifar10-granularity").trials.size(), 15U);
}

TEST(SweepExampleTest, TheExampleOfThePageHasTheTrialsThatThePageCounts) {
  const std::string page = ReadSourceFile("docs/sweep-files.md");
  const std::string fence = "```yaml\n";
  const size_t begin = page.find(fence) + fence.size();
  const absl::StatusOr<SweepPlan> plan =
      LoadSweep(page.substr(begin, page.find("```", begin) - begin), "docs/sweep-files.md");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->variants.size(), 7U);
  EXPECT_EQ(plan->trials.size(), 21U);
}

// The rows "| name | `skip: {...}` | ..." of the trainer's page.
std::map<std::string, std::string> Presets() {
  std::istringstream page(ReadSourceFile("docs/trainer.md"));
  std::map<std::string, std::string> presets;
  for (std::string line; std::getline(page, line);) {
    const size_t begin = line.find(" | `skip: {");
    if (!line.starts_with("| ") || begin == std::string::npos) continue;
    const size_t text = begin + std::string(" | `").size();
    presets[line.substr(2, begin - 2)] = line.substr(text, line.find('`', text) - text);
  }
  return presets;
}

TEST(SweepExampleTest, PresetsOfTheTrainersPageArePossibleAndDiffer) {
  std::set<std::string> ids;
  const auto presets = Presets();
  for (const auto& [name, model] : presets) {
    const absl::StatusOr<SweepPlan> plan =
        LoadSweep("apiVersion: adares/v1\nkind: Sweep\nname: preset\nbase:\n  model:\n    " +
                      model + "\nreplicates: {seeds: [0]}\n",
                  name);
    ASSERT_TRUE(plan.ok()) << plan.status() << " " << model;
    ids.insert(plan->variants.at(0).id);
  }
  EXPECT_EQ(ids.size(), presets.size());
  for (const char* name :
       {"resnet", "plain", "fixed2x", "ada_v1", "ada_v2", "ada_unified", "ada_stage",
        "ada_blocktype", "ada_channel", "rezero", "layerscale", "highway_scalar"}) {
    EXPECT_TRUE(presets.contains(name)) << name;
  }
}

}  // namespace
}  // namespace adares
