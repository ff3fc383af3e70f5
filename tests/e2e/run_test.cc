// `adares run`: a study in one command, its repetition, its interruption.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "tests/e2e/programs_fixture.h"

namespace adares {
namespace {

using fixtures::Await;
using fixtures::SmallSweep;

class RunTest : public ProgramsTest {
 protected:
  std::vector<std::string> Command(const std::string& file, const std::string& format) const {
    return {"run",       file, "--state",  state_, "--slots",  "2",
            "--threads", "1",  "--device", "cpu",  "--output", format};
  }

  // How many rows each table has.
  std::multiset<std::string> RowCounts() const {
    std::multiset<std::string> counts;
    for (const char* table : {"sweep", "variant", "trial", "attempt", "metric_point",
                              "metric_summary", "skip_weight", "log_line"}) {
      counts.insert(std::string(table) + " " +
                    std::to_string(database_.Number(std::string("SELECT count(*) FROM ") + table)));
    }
    return counts;
  }
};

class RunOnDataTest : public RunTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string("mnist") && fixtures::DataFolder().empty()) {
      GTEST_SKIP() << "ADARES_DATA_DIR names no folder with mnist/";
    }
    RunTest::SetUp();
  }
};

TEST_P(RunOnDataTest, ASweepRunsToItsComparisonAndIsNotRunTwice) {
  const SmallSweep sweep{.name = "study",
                         .granularities = {"none", "block"},
                         .seeds = {0, 1},
                         .epochs = 2,
                         .dataset = GetParam()};
  const std::string file = Write(sweep);
  const CommandResult first = Adares(Command(file, "json"));
  ASSERT_EQ(first.code, 0) << first.errors;
  AwaitSuccess();
  ExpectWholeResults(sweep);
  EXPECT_TRUE(fixtures::Descendants().empty());

  const auto comparison = nlohmann::json::parse(first.output);
  EXPECT_EQ(comparison["metric"], "test/accuracy");
  ASSERT_EQ(comparison["variants"].size(), 2U);
  for (const auto& variant : comparison["variants"]) {
    EXPECT_EQ(variant["n"], 2) << variant;
    EXPECT_EQ(variant["values"].size(), 2U) << variant;
    EXPECT_GT(variant["mean"], 0.0) << variant;
  }

  const auto rows = RowCounts();
  const CommandResult second = Adares(Command(file, "json"));
  ASSERT_EQ(second.code, 0) << second.errors;
  EXPECT_EQ(second.output, first.output);
  EXPECT_EQ(RowCounts(), rows);

  const CommandResult table = Adares(Command(file, "table"));
  ASSERT_EQ(table.code, 0) << table.errors;
  EXPECT_NE(table.output.find("granularity=block"), std::string::npos) << table.output;
}

INSTANTIATE_TEST_SUITE_P(Data, RunOnDataTest, testing::Values("synthetic", "mnist"),
                         [](const auto& data) { return std::string(data.param); });

TEST_F(RunTest, AnInterruptedRunLeavesNoProcessAndIsContinued) {
  const SmallSweep sweep{.name = "study", .epochs = 40, .dataset = dataset_};
  const std::string file = Write(sweep);
  const auto interrupted = StartAdares(Command(file, "table"));
  AwaitTraining();
  interrupted->Signal(SIGINT);
  EXPECT_EQ(interrupted->AwaitEnd(), (fixtures::ProgramEnd{130, 0})) << interrupted->Errors();
  EXPECT_TRUE(fixtures::Descendants().empty());
  EXPECT_GT(Trials("queued"), 0);
  EXPECT_EQ(Trials("failed") + Trials("cancelled") + Trials("running"), 0);

  const CommandResult second = Adares(Command(file, "table"));
  EXPECT_EQ(second.code, 0) << second.errors;
  AwaitSuccess();
  ExpectWholeResults(sweep);
  EXPECT_GT(database_.Number("SELECT count(*) FROM v1_attempts WHERE end_reason = 'preempted'"), 0);
}

TEST_F(RunTest, AKilledRunLeavesNoProcessAndIsContinued) {
  const SmallSweep sweep{.name = "study", .epochs = 8, .dataset = dataset_};
  const std::string file = Write(sweep);
  const auto killed = StartAdares(Command(file, "table"));
  AwaitTraining();
  killed->Kill();
  EXPECT_TRUE(Await([] { return fixtures::Descendants().empty(); }));
  const std::string log = fixtures::ReadTextFile(state_ + "/logs/worker.log");
  EXPECT_NE(log.find("event=registered"), std::string::npos);
  EXPECT_EQ(log.find("event=signal"), std::string::npos) << "it drains though nobody is there";
  const CommandResult second = Adares(Command(file, "table"));
  EXPECT_EQ(second.code, 0) << second.errors;
  AwaitSuccess();
  ExpectWholeResults(sweep);
}

TEST_F(RunTest, AWrongFileEndsWithItsPlaceAndStartsNothing) {
  fixtures::WriteTextFile(folder_ / "wrong.yaml",
                          "apiVersion: adares/v1\nkind: Sweep\nname: wrong\nbase:\n"
                          "  train: {epoch: 3}\nreplicates: {seeds: [0]}\n");
  const CommandResult result = Adares(Command(folder_ / "wrong.yaml", "table"));
  EXPECT_EQ(result.code, 2);
  EXPECT_NE(result.errors.find("wrong.yaml:5:11"), std::string::npos) << result.errors;
  EXPECT_FALSE(database_.TryNumber("SELECT 1"));
}

}  // namespace
}  // namespace adares
