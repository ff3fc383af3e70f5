// Results of the real programs: the same trial gives the same numbers, and the CLI shows them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/programs_fixture.h"

namespace adares {
namespace {

using fixtures::SmallSweep;

class ResultTest : public ProgramsTest {};

TEST_F(ResultTest, TheSameTrialGivesTheSameNumbersBitForBit) {
  StartServer();
  SmallSweep sweep{.name = "once", .seeds = {7}, .dataset = dataset_};
  Submit(sweep);
  sweep.name = "again";
  Submit(sweep);
  StartWorker("w");
  AwaitSuccess();
  ExpectWholeResults(sweep);

  const std::string same_points =
      " FROM v1_metrics AS a JOIN v1_metrics AS b USING (trial, key, step)"
      " WHERE a.sweep = 'once' AND b.sweep = 'again' AND key NOT LIKE 'time/%'";
  EXPECT_EQ(database_.Number("SELECT count(*)" + same_points),
            2 * (fixtures::PointsOfTrial(sweep) - 2 * sweep.epochs));
  EXPECT_EQ(database_.Number("SELECT count(*)" + same_points + " AND a.value IS NOT b.value"), 0);
  const std::string same_weights =
      " FROM v1_skip_weights AS a JOIN v1_skip_weights AS b USING (trial, site, step)"
      " WHERE a.sweep = 'once' AND b.sweep = 'again'";
  EXPECT_EQ(database_.Number("SELECT count(*)" + same_weights),
            2 * fixtures::SkipWeightsOfTrial(sweep));
  EXPECT_EQ(database_.Number("SELECT count(*)" + same_weights +
                             " AND (a.value IS NOT b.value OR a.gradient IS NOT b.gradient OR"
                             " a.gradient_snr IS NOT b.gradient_snr OR"
                             " a.skip_share IS NOT b.skip_share)"),
            0);
}

TEST_F(ResultTest, OtherSeedsGiveOtherNumbers) {
  StartServer();
  Submit({.name = "seeds", .granularities = {"none"}, .seeds = {0, 1}, .dataset = dataset_});
  StartWorker("w");
  AwaitSuccess();
  EXPECT_EQ(database_.Number("SELECT count(DISTINCT value) FROM v1_metrics"
                             " WHERE key = 'train/loss' AND epoch = 1"),
            2);
}

TEST_F(ResultTest, TheCommandsShowWhatWasTrained) {
  StartServer();
  const SmallSweep sweep{.name = "shown", .dataset = dataset_};
  StartWorker("w");
  const CommandResult submitted = Adares({"sweep", "submit", Write(sweep), "--wait"});
  ASSERT_EQ(submitted.code, 0) << submitted.errors;

  const CommandResult comparison = Adares({"compare", "shown", "--output", "json"});
  ASSERT_EQ(comparison.code, 0) << comparison.errors;
  EXPECT_EQ(nlohmann::json::parse(comparison.output)["variants"].size(), 2U);
  const CommandResult sweeps = Adares({"sweep", "list", "--output", "json"});
  ASSERT_EQ(sweeps.code, 0) << sweeps.errors;
  EXPECT_EQ(nlohmann::json::parse(sweeps.output).size(), 1U);
  const CommandResult workers = Adares({"worker", "list", "--output", "json"});
  ASSERT_EQ(workers.code, 0) << workers.errors;
  EXPECT_EQ(nlohmann::json::parse(workers.output)[0]["name"], "workers/w");

  const auto trials = database_.Rows("SELECT trial FROM v1_trials");
  for (const char* what : {"logs", "metrics", "weights", "show"}) {
    const CommandResult shown = Adares({"trial", what, *trials.begin()});
    EXPECT_EQ(shown.code, 0) << what << shown.errors;
    EXPECT_NE(shown.output, "") << what;
  }
}

}  // namespace
}  // namespace adares
