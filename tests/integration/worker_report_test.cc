// WorkerService.Report, spoken by a scripted worker over a real channel: what is kept, what is
// acknowledged, what is refused.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/report_limits.h"
#include "rpc/convert.h"
#include "tests/integration/raw_calls.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"
#include "worker/agent/attempt_journal.h"
#include "worker/agent/fit_texts.h"
#include "worker/agent/outbox.h"

namespace adares {
namespace {

using testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();

// Records as large as a worker makes them.
std::string LongName(size_t i) {
  const std::string number = absl::StrCat(i % 900, ".");
  return number + std::string(128 - number.size(), 'k');
}

AttemptStart LargestStart() {
  AttemptStart start;
  for (size_t i = 0; i < 2 * kMaxFacts; ++i)
    start.provenance[LongName(i)] = std::string(9'999, 'v');
  return start;
}

std::vector<MetricPoint> LargestPoints(int64_t step) {
  std::vector<MetricPoint> points;
  for (size_t i = 0; i < worker::AttemptJournal::kMeasurementsPerRecord; ++i) {
    points.push_back({LongName(i), kLargest - step, kLargest, 0.1});
  }
  return points;
}

std::vector<SkipWeightPoint> LargestWeights(int64_t step) {
  std::vector<SkipWeightPoint> weights;
  for (size_t i = 0; i < worker::AttemptJournal::kMeasurementsPerRecord; ++i) {
    weights.push_back({LongName(i), kLargest - step, kLargest, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1});
  }
  return weights;
}

std::vector<LogLine> LargestLog(int64_t part) {
  std::vector<LogLine> lines;
  for (size_t i = 0; i < worker::AttemptJournal::kLogLinesPerRecord; ++i) {
    lines.push_back({part * 1'000 + static_cast<int64_t>(i) + 1, std::string(kMaxLogLineBytes, 'x'),
                     Timestamp()});
  }
  return lines;
}

AttemptEnd LargestEnd() {
  AttemptEnd end;
  end.reason = EndReason::kError;
  end.message = std::string(1 << 20, 'm');
  end.log_tail.assign(kMaxLogTailLines, std::string(kMaxLogLineBytes, 'x'));
  for (size_t i = 0; i < 2 * kMaxFacts; ++i) end.digests[LongName(i)] = std::string(9'999, 'v');
  return end;
}

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

TEST_F(WorkerReportTest, AnotherTextOfAKnownLogLineIsKeptOut) {
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {LogRecord(1, {"one", "two"})}), 1);
  EXPECT_EQ(reports_->Acknowledged(attempt_, 2, {LogRecord(2, {"other", "three"})}), 2);
  EXPECT_EQ(Metric("adares_log_lines_rejected_total", "conflict"), 1);
}

TEST_F(WorkerReportTest, AStaleAttemptIsRefused) {
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("loss", 1, 3)}), 1);
  ADARES_ASSERT_OK(ScriptedWorker(channel_, "w", "another", worker_->instance).Register());
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
  ScriptedWorker another(channel_, "w", "another", worker_->instance);
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
  ScriptedWorker another(channel_, "w", "another", worker_->instance);
  ADARES_ASSERT_OK(another.Register());
  EXPECT_EQ(reports_->Refused(attempt_, 1, {PointRecord("Not A Key", 1, 3)}), "LEASE_LOST")
      << "nobody reads records of an attempt without a lease";
  EXPECT_EQ(Trial(attempt_.trial()).state(), v1::Trial::STATE_QUEUED);
}

TEST_F(WorkerReportTest, MalformedRecordsAreRefused) {
  const std::vector<std::vector<v1::Record>> malformed = {
      {PointRecord("loss", 1, 3), PointRecord("Not A Key", 2, 3)},
      {PointRecord("loss", -1, 3)},
      {WeightRecord("", 1, 3, 0)},
      {LogRecord(0, {"line zero"})},
      {LogRecord(1, {std::string(5000, 'x')})},
      {v1::Record()},
      {EndRecord(v1::Attempt::END_REASON_UNSPECIFIED)},
      {EndRecord(v1::Attempt::END_REASON_ERROR, std::string(5000, 'x'))}};
  Create({.name = "malformed", .granularities = {"none"}, .seeds = {0, 1, 2, 3, 4, 5, 6, 7}});
  const ScriptedWorker another(channel_, "another", "i");
  ADARES_ASSERT_OK(another.Register(8));
  const auto orders = another.Sync();
  ADARES_ASSERT_OK(orders);
  ASSERT_EQ(orders->start_size(), 8);
  Reports reports(channel_, another);
  for (int i = 0; i < 8; ++i) {
    const v1::Assignment& attempt = orders->start(i);
    EXPECT_EQ(reports.Refused(attempt, 1, malformed[static_cast<size_t>(i)]), "ARGUMENT_INVALID");
    EXPECT_EQ(Values(attempt), std::vector<double>()) << "nor is what stands before it stored";
  }
  EXPECT_EQ(reports_->Refused(attempt_, 0, {PointRecord("loss", 1, 3)}), "ARGUMENT_INVALID");
  v1::Assignment unnamed = other_;
  unnamed.set_trial("nothing");
  EXPECT_EQ(reports_->Refused(unnamed, 1, {PointRecord("loss", 1, 3)}), "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Acknowledged(other_, 1, {PointRecord("loss", 1, 3)}), 1)
      << "the stream goes on for the others";
}

TEST_F(WorkerReportTest, ARequestHasLimits) {
  const std::vector<v1::Record> many(kMaxRecordsPerReport, ProgressRecord(1, 8));
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, many), kMaxRecordsPerReport);
  std::vector<v1::Record> too_many = many;
  too_many.emplace_back().mutable_progress();
  EXPECT_EQ(reports_->Refused(attempt_, kMaxRecordsPerReport + 1, too_many), "ARGUMENT_INVALID");
  EXPECT_EQ(Trial(attempt_.trial()).attempts(0).message(),
            "the worker's report could not be read: records: 2001; at most 2000");

  const std::vector<v1::Record> large(300, LogRecord(1, {std::string(4'000, 'x')}));
  EXPECT_EQ(reports_->Refused(other_, 1, large), "ARGUMENT_INVALID");
  EXPECT_THAT(Trial(other_.trial()).attempts(0).message(), HasSubstr("at most 1048576"));
}

TEST_F(WorkerReportTest, BytesThatAreNoReportEndTheStream) {
  RawReport report(channel_);
  report.Send("\x0a\xff no message");
  EXPECT_EQ(ErrorReason(report.End()), "ARGUMENT_INVALID");
}

// The spool cuts batches; no record is larger than those of which it is filled here.
TEST_F(WorkerReportTest, TheLargestReportsOfAWorkerAreTaken) {
  auto outbox = worker::Outbox::Open(folder_ / "spool");
  ADARES_ASSERT_OK(outbox);
  const auto append = [&](const v1::Record& record) {
    ADARES_ASSERT_OK(outbox->Append(record.SerializeAsString()));
  };
  for (int i = 0; i < 10'000; ++i) append(ProgressRecord(0, 0));
  append(ToProto(ReportRecord(worker::Fit(LargestStart()))));
  for (int i = 0; i < 3; ++i) append(ToProto(ReportRecord(LargestPoints(i))));
  for (int i = 0; i < 3; ++i) append(ToProto(ReportRecord(LargestWeights(i))));
  for (int i = 0; i < 3; ++i) append(ToProto(ReportRecord(LargestLog(i))));
  append(ToProto(ReportRecord(worker::Fit(LargestEnd()))));
  while (!outbox->drained()) {
    const auto batch = outbox->NextBatch();
    ADARES_ASSERT_OK(batch);
    ASSERT_FALSE(batch->records.empty());
    std::vector<v1::Record> records(batch->records.size());
    for (size_t i = 0; i < records.size(); ++i) records[i].ParseFromString(batch->records[i]);
    const int64_t last = batch->first_sequence + static_cast<int64_t>(records.size()) - 1;
    ASSERT_EQ(reports_->Acknowledged(attempt_, batch->first_sequence, records), last);
    ADARES_ASSERT_OK(outbox->Acknowledge(last));
  }
}

TEST_F(WorkerReportTest, LinesBeyondThoseOfALogAreKeptOut) {
  const v1::Record lines = LogRecord(kMaxLogLinesPerAttempt, {"fits", "does not", "nor this"});
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {lines, PointRecord("loss", 1, 3)}), 2);
  EXPECT_EQ(Metric("adares_log_lines_rejected_total", "too_many_lines"), 2);
  EXPECT_EQ(Metric("adares_log_lines_rejected_total", "conflict"), 0);
  EXPECT_EQ(Trial(attempt_.trial()).state(), v1::Trial::STATE_RUNNING) << "training goes on";
  EXPECT_EQ(Values(attempt_), (std::vector<double>{3}));
}

TEST_F(WorkerReportTest, MetricsBeyondThoseOfATrialAreKeptOut) {
  const auto keys = [](int begin, int end) {
    v1::Record record;
    for (int i = begin; i < end; ++i) {
      record.mutable_metrics()->add_points()->set_key(absl::StrCat("key/", i));
    }
    return record;
  };
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {keys(0, 900)}), 1);
  EXPECT_EQ(reports_->Acknowledged(attempt_, 2, {keys(500, 1'200), PointRecord("key/7", 1, 3)}), 3);
  EXPECT_EQ(Trial(attempt_.trial()).state(), v1::Trial::STATE_RUNNING) << "training goes on";
  EXPECT_EQ(Trial(attempt_.trial()).last_metrics_size(), kMaxMetricKeysPerTrial);
  EXPECT_EQ(Trial(attempt_.trial()).last_metrics().at("key/7"), 3) << "those that it has go on";
  EXPECT_EQ(Metric("adares_metric_points_rejected_total", "too_many_keys"), 200);
  EXPECT_EQ(reports_->Acknowledged(other_, 1, {keys(1'000, 1'200)}), 1);
  EXPECT_EQ(Trial(other_.trial()).last_metrics_size(), 200) << "another trial has its own";
}

TEST_F(WorkerReportTest, SitesBeyondThoseOfATrialAreKeptOut) {
  const auto sites = [](int begin, int end) {
    v1::Record record;
    for (int i = begin; i < end; ++i) {
      record.mutable_skip_weights()->add_weights()->set_site(absl::StrCat("site", i));
    }
    return record;
  };
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {sites(0, 9'000)}), 1);
  EXPECT_EQ(reports_->Acknowledged(attempt_, 2, {sites(8'000, kMaxSitesPerTrial + 200)}), 2);
  EXPECT_EQ(Trial(attempt_.trial()).state(), v1::Trial::STATE_RUNNING) << "training goes on";
  EXPECT_EQ(Metric("adares_metric_points_rejected_total", "too_many_sites"), 200);
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

TEST_F(WorkerReportTest, NumbersThatCannotBeReckonedWithAreRefused) {
  v1::Record start = StartRecord(9'000'000'000'000'000, 100'000);
  start.mutable_start()->set_resumed_step(8'000'000'000'000'000);
  EXPECT_EQ(reports_->Refused(attempt_, 1, {start}), "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(other_, 1, {LogRecord(kLargest - 1, {"last"})}), "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(other_, kLargest, {PointRecord("loss", 1, 3)}), "ARGUMENT_INVALID");
  EXPECT_EQ(reports_->Refused(other_, 0, {PointRecord("loss", 1, 3)}), "ARGUMENT_INVALID");
  for (const v1::Assignment& attempt : {attempt_, other_}) {
    EXPECT_EQ(Trial(attempt.trial()).attempts(0).end_reason(), v1::Attempt::END_REASON_ERROR);
  }
}

// It would be sent, and refused, for ever.
TEST_F(WorkerReportTest, WhatTheFileWillNeverTakeEndsItsAttempt) {
  SQLite::Database(config_.state_dir + "/adares.db", SQLite::OPEN_READWRITE)
      .exec(
          "CREATE TRIGGER refuse BEFORE INSERT ON metric_point WHEN NEW.step = 13 "
          "BEGIN SELECT RAISE(ABORT, 'thirteen'); END");
  EXPECT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("loss", 12, 3)}), 1);
  EXPECT_EQ(reports_->Refused(attempt_, 2, {PointRecord("loss", 13, 3)}), "LEASE_LOST");
  const v1::Attempt ended = Trial(attempt_.trial()).attempts(0);
  EXPECT_EQ(ended.end_reason(), v1::Attempt::END_REASON_ERROR);
  EXPECT_THAT(ended.message(), testing::HasSubstr("could not be stored"));
  EXPECT_THAT(ended.message(), testing::HasSubstr("thirteen"));
  EXPECT_EQ(reports_->Acknowledged(other_, 1, {PointRecord("loss", 12, 3)}), 1)
      << "others go on in the same stream";
}

}  // namespace
}  // namespace adares
