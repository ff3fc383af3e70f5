// WorkerService.Report, spoken by a scripted worker over a real channel: what is kept, what is
// acknowledged, what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class WorkerReportTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Create({.name = "reported", .granularities = {"none"}, .seeds = {0, 1}});
    worker_ = std::make_unique<ScriptedWorker>(channel_, "w", "i");
    ADARES_ASSERT_OK(worker_->Register(2));
    const auto orders = worker_->Sync();
    ADARES_ASSERT_OK(orders);
    ASSERT_EQ(orders->start_size(), 2);
    attempt_ = orders->start(0);
    other_ = orders->start(1);
    worker_->Hold(attempt_);
    worker_->Hold(other_);
    OpenReports();
  }
  void TearDown() override {
    reports_.reset();
    ServerTest::TearDown();
  }

  void OpenReports() { reports_ = std::make_unique<Reports>(channel_, *worker_); }

  std::vector<double> Values(const v1::Assignment& attempt) {
    std::vector<double> values;
    for (const v1::MetricPoint& point : Points(attempt.trial())) values.push_back(point.value());
    return values;
  }

  std::unique_ptr<ScriptedWorker> worker_;
  v1::Assignment attempt_;
  v1::Assignment other_;
  std::unique_ptr<Reports> reports_;
};

TEST_F(WorkerReportTest, AcknowledgementsAreCumulativeForEachAttempt) {
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {StartRecord(8, 2), PointRecord("loss", 1, 3)}), 2);
  EXPECT_EQ(reports_->Acknowledged(other_, 1, {PointRecord("loss", 1, 4)}), 1);
  EXPECT_EQ(reports_->Acknowledged(attempt_, 3, {PointRecord("loss", 2, 2), ProgressRecord(2, 8)}),
            4);
  EXPECT_EQ(reports_->Acknowledged(attempt_, 5, {}), 4) << "asking costs nothing";
  EXPECT_EQ(Values(attempt_), (std::vector<double>{3, 2}));
  EXPECT_EQ(Values(other_), (std::vector<double>{4}));
  EXPECT_EQ(Trial(attempt_.trial()).progress().step(), 2);
}

TEST_F(WorkerReportTest, RepeatedRecordsAreIgnored) {
  const std::vector<v1::Record> records = {PointRecord("loss", 1, 3), LogRecord(1, {"hello"}),
                                           WeightRecord("layer1.0", 1, 0.5, 0.1)};
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, records), 3);
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, records), 3);
  OpenReports();
  EXPECT_EQ(
      reports_->Acknowledged(attempt_, 2, {records[1], records[2], PointRecord("loss", 2, 2)}), 4)
      << "an overlap stores only what is new";
  EXPECT_EQ(Values(attempt_), (std::vector<double>{3, 2}));
}

TEST_F(WorkerReportTest, AGapIsAnsweredWithTheLastOneKept) {
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("loss", 1, 3)}), 1);
  EXPECT_EQ(reports_->Acknowledged(attempt_, 3, {PointRecord("loss", 3, 1)}), 1);
  EXPECT_EQ(Values(attempt_), (std::vector<double>{3})) << "nothing after the gap is kept";
  EXPECT_EQ(
      reports_->Acknowledged(attempt_, 2, {PointRecord("loss", 2, 2), PointRecord("loss", 3, 1)}),
      3);
  EXPECT_EQ(Values(attempt_), (std::vector<double>{3, 2, 1}));
}

TEST_F(WorkerReportTest, ValuesThatAreNotFiniteSurvive) {
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1,
                                   {PointRecord("loss", 1, NAN), PointRecord("loss", 2, kInfinity),
                                    PointRecord("loss", 3, -kInfinity)}),
            3);
  const std::vector<double> values = Values(attempt_);
  ASSERT_EQ(values.size(), 3U);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_EQ(values[1], kInfinity);
  EXPECT_EQ(values[2], -kInfinity);
  EXPECT_EQ(Trial(attempt_.trial()).last_metrics().at("loss"), -kInfinity);
}

TEST_F(WorkerReportTest, AnotherValueForAKnownStepIsKeptOut) {
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("loss", 1, 3)}), 1);
  EXPECT_EQ(
      reports_->Acknowledged(attempt_, 2, {PointRecord("loss", 1, 4), PointRecord("loss", 2, 2)}),
      3);
  EXPECT_EQ(Values(attempt_), (std::vector<double>{3, 2}));
  EXPECT_EQ(Metric("adares_metric_points_rejected_total", "conflict"), 1);
  EXPECT_EQ(Metric("adares_metric_points_written_total"), 2);
}

TEST_F(WorkerReportTest, AStaleAttemptIsRefused) {
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("loss", 1, 3)}), 1);
  ADARES_ASSERT_OK(ScriptedWorker(channel_, "w", "another").Register());
  EXPECT_EQ(reports_->Refused(attempt_, 2, {PointRecord("loss", 2, 2)}), "LEASE_LOST");
  EXPECT_EQ(reports_->Refused(attempt_, 2, {EndRecord(v1::Attempt::END_REASON_FINISHED)}),
            "LEASE_LOST");
  EXPECT_EQ(Trial(attempt_.trial()).state(), v1::Trial::STATE_QUEUED);
  EXPECT_EQ(Values(attempt_), (std::vector<double>{3}));
  EXPECT_EQ(Metric("adares_metric_points_rejected_total", "stale_attempt"), 2);
}

TEST_F(WorkerReportTest, TheNextAttemptBeginsFromNothing) {
  EXPECT_EQ(
      reports_->Acknowledged(attempt_, 1, {PointRecord("loss", 1, 3), PointRecord("loss", 2, 2)}),
      2);
  ScriptedWorker another(channel_, "w", "another");
  ADARES_ASSERT_OK(another.Register());
  BeginNow(attempt_.trial());
  const v1::Assignment second = another.TakeOne();
  ASSERT_EQ(second.trial(), attempt_.trial());
  EXPECT_EQ(Values(attempt_), std::vector<double>()) << "what was lost counts no more";
  Reports reports(channel_, another);
  EXPECT_EQ(reports.Acknowledged(second, 1, {PointRecord("loss", 1, 5)}), 1);
  EXPECT_EQ(Values(attempt_), (std::vector<double>{5}));
  EXPECT_EQ(reports_->Refused(attempt_, 3, {PointRecord("loss", 3, 1)}), "LEASE_LOST");
}

TEST_F(WorkerReportTest, AnAttemptOfAnotherWorkerIsRefused) {
  ScriptedWorker thief(channel_, "thief", "i");
  ADARES_ASSERT_OK(thief.Register());
  Reports reports(channel_, thief);
  EXPECT_EQ(reports.Refused(attempt_, 1, {PointRecord("loss", 1, 3)}), "LEASE_LOST");
  v1::Assignment future = attempt_;
  future.set_attempt(2);
  EXPECT_EQ(reports_->Refused(future, 1, {PointRecord("loss", 1, 3)}), "LEASE_LOST");
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("loss", 1, 7)}), 1);
  EXPECT_EQ(Values(attempt_), (std::vector<double>{7}));
}

TEST_F(WorkerReportTest, MalformedRecordsEndTheirAttemptAndTheStreamGoesOn) {
  EXPECT_EQ(reports_->Refused(attempt_, 1, {PointRecord("Not A Key", 1, 3)}), "ARGUMENT_INVALID");
  const v1::Trial failed = Trial(attempt_.trial());
  EXPECT_EQ(failed.state(), v1::Trial::STATE_QUEUED) << "errors are tried once more";
  EXPECT_EQ(failed.attempts(0).end_reason(), v1::Attempt::END_REASON_ERROR);
  EXPECT_EQ(
      failed.attempts(0).message(),
      "the worker's report could not be read: metrics.key: \"Not A Key\" is not a metric key");
  EXPECT_EQ(reports_->Refused(attempt_, 1, {PointRecord("loss", 1, 3)}), "LEASE_LOST");
  EXPECT_EQ(reports_->Acknowledged(other_, 1, {PointRecord("loss", 1, 3)}), 1);
}

TEST_F(WorkerReportTest, MalformedRecordsOfAStaleAttemptEndNothing) {
  ScriptedWorker another(channel_, "w", "another");
  ADARES_ASSERT_OK(another.Register());
  EXPECT_EQ(reports_->Refused(attempt_, 1, {PointRecord("Not A Key", 1, 3)}), "ARGUMENT_INVALID");
  EXPECT_EQ(Trial(attempt_.trial()).state(), v1::Trial::STATE_QUEUED);
}

TEST_F(WorkerReportTest, MalformedRecordsAreRefused) {
  const std::vector<v1::Record> mixed = {PointRecord("loss", 1, 3), PointRecord("Not A Key", 2, 3)};
  EXPECT_EQ(reports_->Refused(attempt_, 1, mixed), "ARGUMENT_INVALID");
  EXPECT_EQ(Values(attempt_), std::vector<double>()) << "nor is what stands before it stored";
  EXPECT_EQ(reports_->Refused(attempt_, 1, {PointRecord("Not A Key", 1, 3)}), "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(attempt_, 1, {PointRecord("loss", -1, 3)}), "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(attempt_, 1, {WeightRecord("", 1, 3, 0)}), "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(attempt_, 1, {LogRecord(0, {"line zero"})}), "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(attempt_, 1, {LogRecord(1, {std::string(5000, 'x')})}),
            "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(attempt_, 1, {v1::Record()}), "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(attempt_, 1, {EndRecord(v1::Attempt::END_REASON_UNSPECIFIED)}),
            "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(attempt_, 0, {PointRecord("loss", 1, 3)}), "ARGUMENT_INVALID");
  v1::Assignment malformed = attempt_;
  malformed.set_trial("nothing");
  EXPECT_EQ(reports_->Refused(malformed, 1, {PointRecord("loss", 1, 3)}), "ARGUMENT_INVALID");
  EXPECT_EQ(Values(attempt_), std::vector<double>());
}

TEST_F(WorkerReportTest, TheEndOfAnAttemptMovesItsTrial) {
  v1::Record failure = EndRecord(v1::Attempt::END_REASON_DIVERGED, "it broke");
  failure.mutable_end()->set_exit_code(3);
  failure.mutable_end()->add_log_tail("last words");
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("loss", 1, 3), failure}), 2);
  const v1::Trial failed = Trial(attempt_.trial());
  EXPECT_EQ(failed.state(), v1::Trial::STATE_FAILED);
  EXPECT_EQ(failed.message(), "it broke");
  ASSERT_EQ(failed.attempts_size(), 1);
  EXPECT_EQ(failed.attempts(0).exit_code(), 3);
  ASSERT_EQ(failed.attempts(0).log_tail_size(), 1);
  EXPECT_EQ(failed.attempts(0).log_tail(0), "last words");

  EXPECT_EQ(reports_->Acknowledged(other_, 1, {EndRecord(v1::Attempt::END_REASON_PREEMPTED)}), 1);
  EXPECT_EQ(Trial(other_.trial()).state(), v1::Trial::STATE_QUEUED);
}

TEST_F(WorkerReportTest, ARepeatedEndIsAcknowledgedWhileTheWorkerHoldsTheAttempt) {
  const std::vector<v1::Record> records = {PointRecord("loss", 1, 3),
                                           EndRecord(v1::Attempt::END_REASON_FINISHED)};
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, records), 2);
  OpenReports();  // the answer was lost with the stream
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, records), 2);
  worker_->held[0].set_phase(v1::HeldAttempt::PHASE_REPORTING);
  const auto orders = worker_->Sync();
  ADARES_ASSERT_OK(orders);
  EXPECT_EQ(orders->stop_size(), 0) << "it is not told to kill what has ended well";
  EXPECT_EQ(Trial(attempt_.trial()).state(), v1::Trial::STATE_SUCCEEDED);
}

TEST_F(WorkerReportTest, AStreamEndsWhenTheWorkerSaysSo) {
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("loss", 1, 3)}), 1);
  ADARES_ASSERT_OK(reports_->Finish());
}

}  // namespace
}  // namespace adares
