// TrialService and AnalysisService over a real channel: answers and documented errors. What is read
// was reported by a scripted worker.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using fixtures::SmallSweep;

constexpr char kNoTrial[] = "sweeps/results/trials/000000000000";

class TrialServiceTest : public ServerTest {
 protected:
  absl::StatusOr<v1::GetTrialResponse> GetNamed(const std::string& resource) {
    v1::GetTrialRequest request;
    request.set_name(resource);
    return Call<v1::TrialService>(channel_, &v1::TrialService::Stub::GetTrial, request);
  }

  absl::StatusOr<v1::ListTrialsResponse> List(const v1::ListTrialsRequest& request) {
    return Call<v1::TrialService>(channel_, &v1::TrialService::Stub::ListTrials, request);
  }

  absl::StatusOr<v1::QueryMetricsResponse> Metrics(const std::string& trial,
                                                   const std::vector<std::string>& keys = {}) {
    v1::QueryMetricsRequest request;
    request.set_trial(trial);
    request.mutable_keys()->Assign(keys.begin(), keys.end());
    return Call<v1::AnalysisService>(channel_, &v1::AnalysisService::Stub::QueryMetrics, request);
  }

  absl::StatusOr<v1::QuerySkipWeightsResponse> Weights(const v1::QuerySkipWeightsRequest& request) {
    return Call<v1::AnalysisService>(channel_, &v1::AnalysisService::Stub::QuerySkipWeights,
                                     request);
  }

  absl::StatusOr<v1::CompareVariantsResponse> Compare(const v1::CompareVariantsRequest& request) {
    return Call<v1::AnalysisService>(channel_, &v1::AnalysisService::Stub::CompareVariants,
                                     request);
  }

  // Runs every queued trial to its end: the test accuracy is 0.5 and a tenth for each before it.
  void Work() {
    ScriptedWorker worker(channel_, "w", "i");
    ADARES_ASSERT_OK(worker.Register(100));
    const auto orders = worker.Sync();
    ADARES_ASSERT_OK(orders);
    Reports reports(channel_, worker);
    double accuracy = 0.5;
    for (const v1::Assignment& attempt : orders->start()) {
      EXPECT_EQ(reports.Acknowledged(
                    attempt, 1,
                    {StartRecord(20, 2), PointRecord("train/loss", 10, 2),
                     WeightRecord("layer1.0", 0, 1, NAN), WeightRecord("layer1.0", 20, 0.5, -0.25),
                     WeightRecord("layer2.0", 20, 0.75, 0.125), PointRecord("train/loss", 20, 1),
                     PointRecord("test/accuracy", 20, accuracy),
                     EndRecord(v1::Attempt::END_REASON_FINISHED)}),
                8);
      accuracy += 0.1;
    }
  }
};

TEST_F(TrialServiceTest, ShowsATrialWithItsAttempts) {
  Create({.name = "results", .granularities = {"none"}});
  Work();
  const v1::Trial trial = Trial(Trials("results").front().name());
  EXPECT_EQ(trial.state(), v1::Trial::STATE_SUCCEEDED);
  EXPECT_EQ(trial.progress().total_steps(), 20);
  EXPECT_EQ(trial.last_metrics().at("train/loss"), 1);
  EXPECT_EQ(trial.worker(), "") << "nobody holds it any more";
  ASSERT_EQ(trial.attempts_size(), 1);
  const v1::Attempt& attempt = trial.attempts(0);
  EXPECT_EQ(attempt.number(), 1);
  EXPECT_EQ(attempt.worker(), "workers/w");
  EXPECT_EQ(attempt.end_reason(), v1::Attempt::END_REASON_FINISHED);
  EXPECT_EQ(attempt.parameters(), 1000);
  EXPECT_EQ(attempt.provenance().at("device"), "cpu");
  EXPECT_FALSE(attempt.has_exit_code());
}

TEST_F(TrialServiceTest, TheSweepMayBeADashWhereTheTrialIsUnique) {
  Create({.name = "results", .granularities = {"none"}});
  const std::string full = Trials("results").front().name();
  const std::string dashed = "sweeps/-/trials/" + full.substr(full.rfind('/') + 1);
  EXPECT_EQ(Trial(dashed).name(), full);

  Create({.name = "copy", .granularities = {"none"}});
  const auto ambiguous = GetNamed(dashed);
  EXPECT_EQ(ambiguous.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reason(ambiguous), "ARGUMENT_INVALID");
  EXPECT_EQ(ErrorMetadata(ambiguous.status()).at("sweeps"), "copy, results");
}

TEST_F(TrialServiceTest, UnknownTrialsAreNotFound) {
  Create({.name = "results"});
  for (const char* name :
       {kNoTrial, "sweeps/-/trials/000000000000", "sweeps/nothing/trials/000000000000"}) {
    const auto answer = GetNamed(name);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kNotFound) << name;
    EXPECT_EQ(Reason(answer), "TRIAL_NOT_FOUND") << name;
    EXPECT_EQ(Reason(Metrics(name)), "TRIAL_NOT_FOUND") << name;
    v1::QuerySkipWeightsRequest weights;
    weights.set_trial(name);
    EXPECT_EQ(Reason(Weights(weights)), "TRIAL_NOT_FOUND") << name;
  }
}

TEST_F(TrialServiceTest, MalformedNamesAreRefused) {
  for (const char* name : {"", "trials/000000000000", "sweeps/a/trials/xyz", "sweeps/a/trials/"}) {
    EXPECT_EQ(Reason(GetNamed(name)), "ARGUMENT_INVALID") << name;
    EXPECT_EQ(Reason(Metrics(name)), "ARGUMENT_INVALID") << name;
  }
}

TEST_F(TrialServiceTest, ListsTrialsInPagesAndByState) {
  Create({.name = "results", .granularities = {"none", "stage", "block"}, .seeds = {0, 1, 2}});
  ScriptedWorker worker(channel_, "w", "i");
  ADARES_ASSERT_OK(worker.Register(2));
  ADARES_ASSERT_OK(worker.Sync());

  v1::ListTrialsRequest request;
  request.set_parent("sweeps/results");
  request.set_page_size(4);
  std::vector<int64_t> seeds;
  do {
    const auto page = List(request);
    ADARES_ASSERT_OK(page);
    for (const v1::Trial& trial : page->trials()) seeds.push_back(trial.seed());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seeds, (std::vector<int64_t>{0, 0, 0, 1, 1, 1, 2, 2, 2}));

  request.add_states(v1::Trial::STATE_RUNNING);
  const auto running = List(request);
  ADARES_ASSERT_OK(running);
  EXPECT_EQ(running->trials_size(), 2);
  EXPECT_EQ(running->trials(0).worker(), "workers/w");
}

TEST_F(TrialServiceTest, WrongListsAreRefused) {
  Create({.name = "results"});
  Create({.name = "others"});
  v1::ListTrialsRequest request;
  request.set_parent("sweeps/others");
  request.set_page_size(1);
  const auto others = List(request);
  ADARES_ASSERT_OK(others);

  request.set_parent("sweeps/results");
  request.set_page_token(others->next_page_token());
  EXPECT_EQ(Reason(List(request)), "PAGE_TOKEN_INVALID") << "the token of another list";
  request.clear_page_token();
  request.set_page_size(-5);
  EXPECT_EQ(Reason(List(request)), "ARGUMENT_INVALID");
  request.clear_page_size();
  request.add_states(v1::Trial::STATE_UNSPECIFIED);
  EXPECT_EQ(Reason(List(request)), "ARGUMENT_INVALID");
  request.clear_states();
  request.set_parent("sweeps/nothing");
  EXPECT_EQ(Reason(List(request)), "SWEEP_NOT_FOUND");
}

TEST_F(TrialServiceTest, GivesPointsByKeyAndStep) {
  Create({.name = "results", .granularities = {"none"}});
  Work();
  const std::string trial = Trials("results").front().name();
  const auto points = Points(trial);
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[0].key(), "test/accuracy");
  EXPECT_EQ(points[1].step(), 10);
  EXPECT_EQ(points[2].step(), 20);
  EXPECT_EQ(points[2].value(), 1);

  const auto one = Metrics(trial, {"test/accuracy"});
  ADARES_ASSERT_OK(one);
  EXPECT_EQ(one->points_size(), 1);
  const auto none = Metrics(trial, {"test/acuracy"});
  EXPECT_EQ(none.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Reason(none), "METRIC_NOT_FOUND");
  EXPECT_EQ(ErrorMetadata(none.status()).at("known"), "test/accuracy, train/loss");
}

TEST_F(TrialServiceTest, GivesSkipWeightsBySiteAndStep) {
  Create({.name = "results", .granularities = {"none"}});
  Work();
  v1::QuerySkipWeightsRequest request;
  request.set_trial(Trials("results").front().name());
  const auto all = Weights(request);
  ADARES_ASSERT_OK(all);
  ASSERT_EQ(all->weights_size(), 3);
  EXPECT_TRUE(std::isnan(all->weights(0).gradient()));
  EXPECT_EQ(all->weights(1).value(), 0.5);
  EXPECT_EQ(all->weights(1).gradient(), -0.25);
  EXPECT_EQ(all->weights(2).site(), "layer2.0");

  request.set_last_only(true);
  request.add_sites("layer1.0");
  const auto last = Weights(request);
  ADARES_ASSERT_OK(last);
  ASSERT_EQ(last->weights_size(), 1);
  EXPECT_EQ(last->weights(0).step(), 20);
}

TEST_F(TrialServiceTest, ComparesVariantsWithTheBaseline) {
  Create({.name = "results", .granularities = {"none", "block"}, .seeds = {0, 1}});
  Work();  // by seed: none 0.5, block 0.6, none 0.7, block 0.8
  v1::CompareVariantsRequest request;
  request.set_sweep("sweeps/results");
  const auto comparison = Compare(request);
  ADARES_ASSERT_OK(comparison);
  EXPECT_EQ(comparison->metric(), "test/accuracy");
  EXPECT_EQ(comparison->goal(), v1::Objective::GOAL_MAXIMIZE);
  ASSERT_EQ(comparison->variants_size(), 2);
  const v1::VariantResult& block = comparison->variants(1);
  EXPECT_EQ(block.n(), 2);
  EXPECT_NEAR(block.mean(), 0.7, 1e-12);
  EXPECT_NEAR(block.sd(), 0.1 * std::sqrt(2), 1e-12);
  EXPECT_EQ(block.baseline(), comparison->variants(0).variant());
  EXPECT_NEAR(block.difference().mean(), 0.1, 1e-12);
  EXPECT_FALSE(comparison->variants(0).has_difference());
}

TEST_F(TrialServiceTest, WrongComparisonsAreRefused) {
  Create({.name = "results"});
  Work();
  v1::CompareVariantsRequest request;
  request.set_sweep("sweeps/nothing");
  EXPECT_EQ(Reason(Compare(request)), "SWEEP_NOT_FOUND");
  request.set_sweep("sweeps/results");
  request.set_metric("no/such");
  EXPECT_EQ(Reason(Compare(request)), "METRIC_NOT_FOUND");
  request.set_metric("train/loss");
  (*request.mutable_baseline())["granularity"] = "stage";
  EXPECT_EQ(Compare(request).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace adares
