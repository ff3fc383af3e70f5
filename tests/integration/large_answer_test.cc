// Answers at the limits of what may be stored: every client can receive them, and nothing is
// skipped.
#include <gtest/gtest.h>

#include <set>

#include "rpc/channel.h"
#include "tests/fixtures/database.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

constexpr size_t kTrials = 500;
constexpr int kKeys = 1'000;
constexpr size_t kLargestMessage = 5 << 20;

class LargeAnswerTest : public ServerTest {
 protected:
  // Trials with as many metrics as one may have, and names as long as they may be.
  void Fill(const std::string& sweep, size_t trials) {
    fixtures::SmallSweep shape = {.name = sweep, .granularities = {"none"}, .seeds = {}};
    for (size_t seed = 0; seed < trials; ++seed) shape.seeds.push_back(static_cast<int64_t>(seed));
    Create(shape);
    database_.Execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
        "INSERT INTO metric_key (name) SELECT printf('key/%0124d', i) FROM n;"
        "INSERT INTO metric_summary SELECT trial.id, metric_key.id, 1, 1, 0.5, 0.5, 0.5"
        " FROM trial CROSS JOIN metric_key");
  }

  const fixtures::Database database_{config_.state_dir + "/adares.db"};
};

TEST_F(LargeAnswerTest, TrialsWithAllMetricsThatTheyMayHaveAreListed) {
  Fill("a", kTrials);
  v1::ListTrialsRequest request;
  request.set_parent("sweeps/a");
  request.set_page_size(1'000);
  int64_t seed = 0;
  do {
    const auto page =
        Call<v1::TrialService>(channel_, &v1::TrialService::Stub::ListTrials, request);
    ADARES_ASSERT_OK(page);
    EXPECT_LT(page->ByteSizeLong(), kLargestMessage);
    for (const v1::Trial& trial : page->trials()) {
      EXPECT_EQ(trial.seed(), seed++) << "none is skipped, and none comes twice";
      EXPECT_EQ(trial.last_metrics_size(), kKeys);
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seed, static_cast<int64_t>(kTrials));
}

TEST_F(LargeAnswerTest, TrialsWithAllMetricsThatTheyMayHaveAreWatched) {
  Fill("a", kTrials);
  v1::WatchSweepRequest request;
  request.set_name("sweeps/a");
  const auto stub = v1::SweepService::NewStub(channel_);
  const auto context = NewContext();
  const auto watch = stub->WatchSweep(context.get(), request);
  std::multiset<int64_t> seeds;
  v1::WatchSweepResponse message;
  while (seeds.size() < kTrials && watch->Read(&message)) {
    EXPECT_LT(message.ByteSizeLong(), kLargestMessage);
    for (const v1::Trial& trial : message.trials()) {
      EXPECT_EQ(trial.last_metrics_size(), kKeys);
      seeds.insert(trial.seed());
    }
  }
  EXPECT_EQ(seeds.size(), kTrials);
  EXPECT_EQ(std::set<int64_t>(seeds.begin(), seeds.end()).size(), kTrials);
  context->TryCancel();
}

TEST_F(LargeAnswerTest, AnErrorThatKnowsManyNamesArrives) {
  Fill("a", 1);
  v1::QueryMetricsRequest request;
  request.set_trial(Trials("a").front().name());
  request.add_keys("nonsense");
  EXPECT_EQ(Reason(Call<v1::AnalysisService>(channel_, &v1::AnalysisService::Stub::QueryMetrics,
                                             request)),
            "METRIC_NOT_FOUND");
}

TEST_F(LargeAnswerTest, SeriesOfSitesWithLongNamesComeInMorePages) {
  Create({.name = "a", .granularities = {"none"}});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register());
  const v1::Assignment attempt = worker.TakeOne();
  database_.Execute(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
      "INSERT INTO site (name) SELECT printf('site%0124d', i) FROM n WHERE i <= 100;"
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
      "INSERT INTO skip_weight (trial_id, site_id, step, attempt, epoch, value, gradient, s, r,"
      " gradient_snr, path_ratio, skip_share)"
      " SELECT trial.id, site.id, 1000000000 + i, 1, 1000000000, 1, 2, 3, 4, 5, 6, 7"
      " FROM trial CROSS JOIN site CROSS JOIN n");
  v1::QuerySkipWeightsRequest request;
  request.set_trial(attempt.trial());
  request.set_page_size(100'000);
  std::set<std::pair<std::string, int64_t>> rows;
  do {
    const auto page =
        Call<v1::AnalysisService>(channel_, &v1::AnalysisService::Stub::QuerySkipWeights, request);
    ADARES_ASSERT_OK(page);
    EXPECT_LT(page->ByteSizeLong(), static_cast<size_t>(kMaxMessageBytes));
    for (const auto& row : page->weights()) {
      EXPECT_TRUE(rows.emplace(row.site(), row.step()).second) << row.site() << " " << row.step();
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(rows.size(), 100'000U);
}

}  // namespace
}  // namespace adares
