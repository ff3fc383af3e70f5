// The sweeps that people start from: every file of examples/, the README's, and two of
// examples/paper/, trained to their comparison with as little data as goes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/programs_fixture.h"

namespace adares {
namespace {

constexpr char kReadme[] = ADARES_SOURCE_DIR "/README.md";

std::vector<std::string> Examples() {
  std::vector<std::string> files = {kReadme};
  for (const auto& entry : std::filesystem::directory_iterator(ADARES_SOURCE_DIR "/examples")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The sweep file that stands in a page.
std::string SweepOf(const std::string& page) {
  const std::string text = fixtures::ReadTextFile(page);
  const std::string fence = "```yaml\n";
  const size_t begin = text.find(fence + "apiVersion: adares/v1");
  if (begin == std::string::npos) return "";
  const size_t first = begin + fence.size();
  return text.substr(first, text.find("```", first) - first);
}

class ExamplesTest : public ProgramsTest, public testing::WithParamInterface<std::string> {
 protected:
  // Trains the file with these changes, and expects a comparison of all that it names.
  void ExpectComparison(const std::vector<std::string>& changes);

  std::string File() const {
    if (GetParam() != kReadme) return GetParam();
    const std::string file = folder_ / "readme.yaml";
    fixtures::WriteTextFile(file, SweepOf(kReadme));
    return file;
  }
};

void ExamplesTest::ExpectComparison(const std::vector<std::string>& changes) {
  std::vector<std::string> arguments = {"run",      File(), "--state",  state_,
                                        "--device", "cpu",  "--output", "json"};
  for (const std::string& change : changes) {
    arguments.insert(arguments.end(), {"--set", change});
  }
  const CommandResult result = Adares(arguments);
  ASSERT_EQ(result.code, 0) << result.errors;
  const int64_t trials = database_.Number("SELECT count(*) FROM v1_trials");
  EXPECT_GT(trials, 0);
  EXPECT_EQ(Trials("succeeded"), trials);
  const auto comparison = nlohmann::json::parse(result.output);
  EXPECT_EQ(static_cast<int64_t>(comparison["variants"].size()),
            database_.Number("SELECT count(*) FROM v1_variants"));
  for (const auto& variant : comparison["variants"]) {
    EXPECT_EQ(variant["n"], variant["trialCount"]) << variant;
  }
  EXPECT_EQ(database_.Number("SELECT count(*) FROM v1_variants WHERE is_baseline"), 1);
}

TEST_P(ExamplesTest, IsTrainedToItsComparison) {
  ExpectComparison({"data.dataset=synthetic", "data.augment=none", "data.train_size=128",
                    "data.validation_size=64", "data.test_size=64", "train.epochs=1",
                    "train.batch_size=64"});
}

// One step of the published program each, the networks of the paper included.
class PaperExamplesTest : public ExamplesTest {};

TEST_P(PaperExamplesTest, IsTrainedToItsComparison) {
  ExpectComparison(
      {"data.dataset=synthetic", "data.train_size=32", "data.test_size=32", "train.epochs=1"});
  EXPECT_EQ(database_.Number("SELECT count(DISTINCT seed) FROM v1_trials"), 3);
}

std::string Name(const testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, ExamplesTest, testing::ValuesIn(Examples()), Name);
INSTANTIATE_TEST_SUITE_P(Files, PaperExamplesTest,
                         testing::Values(ADARES_SOURCE_DIR
                                         "/examples/paper/comparison-faithful.yaml",
                                         ADARES_SOURCE_DIR
                                         "/examples/paper/controls-faithful.yaml"),
                         Name);

}  // namespace
}  // namespace adares
