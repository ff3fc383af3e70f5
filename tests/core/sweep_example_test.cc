// The example files load and say what their comments say.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
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
  const auto root = std::filesystem::path(ADARES_SOURCE_DIR) / "examples";
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".yaml") continue;
    std::string name = std::filesystem::relative(entry.path(), root).replace_extension();
    const SweepPlan plan = LoadExample(name);
    std::replace(name.begin(), name.end(), '/', '-');
    EXPECT_EQ(plan.name, name);
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

}  // namespace
}  // namespace adares
