// The streams that follow: WatchSweep and TailLogs.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <optional>
#include <thread>

#include "tests/fixtures/await.h"
#include "tests/integration/scripted_worker.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

class Watch {
 public:
  Watch(const std::shared_ptr<grpc::Channel>& channel, const std::string& sweep,
        int64_t start_revision = 0)
      : stub_(v1::SweepService::NewStub(channel)), context_(NewContext()) {
    v1::WatchSweepRequest request;
    request.set_name(sweep);
    request.set_start_revision(start_revision);
    reader_ = stub_->WatchSweep(context_.get(), request);
  }

  std::optional<v1::WatchSweepResponse> Next() {
    v1::WatchSweepResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    return response;
  }

  absl::Status End() { return FromGrpcStatus(reader_->Finish()); }

 private:
  std::unique_ptr<v1::SweepService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchSweepResponse>> reader_;
};

class LogTail {
 public:
  LogTail(const std::shared_ptr<grpc::Channel>& channel, const v1::TailLogsRequest& request)
      : stub_(v1::TrialService::NewStub(channel)), context_(NewContext()) {
    reader_ = stub_->TailLogs(context_.get(), request);
  }

  // Reads until `count` lines have come, or the stream has ended.
  std::vector<std::string> Read(size_t count) {
    std::vector<std::string> texts;
    v1::TailLogsResponse response;
    while (texts.size() < count && reader_->Read(&response)) {
      for (const v1::LogLine& line : response.lines()) texts.push_back(line.text());
    }
    return texts;
  }

  absl::Status End() {
    v1::TailLogsResponse rest;
    while (reader_->Read(&rest)) {
      EXPECT_EQ(rest.lines_size(), 0) << rest.ShortDebugString();
    }
    return FromGrpcStatus(reader_->Finish());
  }

 private:
  std::unique_ptr<v1::TrialService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReader<v1::TailLogsResponse>> reader_;
};

class FollowTest : public ServerTest {
 protected:
  // So that nothing comes but what somebody was woken for.
  FollowTest() { config_.heartbeat = std::chrono::hours(1); }

  // A worker with the first trial of a sweep.
  void SetUp() override {
    ServerTest::SetUp();
    worker_ = std::make_unique<ScriptedWorker>(channel_, "w", "i");
    ADARES_ASSERT_OK(worker_->Register());
    Create({.name = "followed", .granularities = {"none"}, .seeds = {0, 1}});
    attempt_ = worker_->TakeOne();
    reports_ = std::make_unique<Reports>(channel_, *worker_);
  }
  void TearDown() override {
    reports_.reset();
    ServerTest::TearDown();
  }

  v1::TailLogsRequest Tail(bool follow) const {
    v1::TailLogsRequest request;
    request.set_name(attempt_.trial());
    request.set_follow(follow);
    return request;
  }

  std::unique_ptr<ScriptedWorker> worker_;
  v1::Assignment attempt_;
  std::unique_ptr<Reports> reports_;
};

// As of a coordinator whose database was restored from a copy that is older than what the client
// has.
TEST_F(FollowTest, AWatchThatIsAheadOfTheDatabaseBeginsAnew) {
  constexpr int64_t kAhead = std::numeric_limits<int64_t>::max() - 1;
  Watch watch(channel_, "sweeps/followed", /*start_revision=*/kAhead);
  const auto response = watch.Next();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->trials_size(), 2);
  EXPECT_LT(response->revision(), kAhead);
  EXPECT_GT(response->revision(), 0);
}

TEST_F(FollowTest, AWatchSendsWhatIsThenWhatChangesThenEnds) {
  Watch watch(channel_, "sweeps/followed");
  const auto all = watch.Next();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->trials_size(), 2);
  EXPECT_EQ(all->sweep().state(), v1::Sweep::STATE_RUNNING);

  ASSERT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("train/loss", 1, 2.5)}), 1);
  const auto change = watch.Next();
  ASSERT_TRUE(change);
  ASSERT_EQ(change->trials_size(), 1);
  EXPECT_EQ(change->trials(0).name(), attempt_.trial());
  EXPECT_EQ(change->trials(0).last_metrics().at("train/loss"), 2.5);
  EXPECT_GT(change->revision(), all->revision());

  ASSERT_EQ(reports_->Acknowledged(attempt_, 2, {EndRecord(v1::Attempt::END_REASON_FINISHED)}), 2);
  ADARES_ASSERT_OK(Cancel("sweeps/followed"));
  std::map<std::string, v1::Trial::State> states;
  v1::Sweep::State end = v1::Sweep::STATE_UNSPECIFIED;
  while (const auto message = watch.Next()) {
    for (const v1::Trial& trial : message->trials()) states[trial.name()] = trial.state();
    end = message->sweep().state();
  }
  ADARES_ASSERT_OK(watch.End());
  EXPECT_EQ(end, v1::Sweep::STATE_CANCELLED);
  EXPECT_EQ(states.at(attempt_.trial()), v1::Trial::STATE_SUCCEEDED);
  EXPECT_EQ(states.size(), 2U);
}

TEST_F(FollowTest, AWatchOfWhatDoesNotChangeShowsThatItLives) {
  Stop();
  config_.heartbeat = std::chrono::milliseconds(1);
  Start();
  Watch watch(channel_, "sweeps/followed");
  ASSERT_TRUE(watch.Next());
  const auto heartbeat = watch.Next();
  ASSERT_TRUE(heartbeat);
  EXPECT_EQ(heartbeat->trials_size(), 0);
}

TEST_F(FollowTest, AWatchGoesOnFromARevision) {
  int64_t revision = 0;
  {
    Watch first(channel_, "sweeps/followed");
    revision = first.Next()->revision();
  }
  ASSERT_EQ(reports_->Acknowledged(attempt_, 1, {PointRecord("train/loss", 1, 2.5)}), 1);
  Watch second(channel_, "sweeps/followed", revision);
  const auto message = second.Next();
  ASSERT_TRUE(message);
  ASSERT_EQ(message->trials_size(), 1) << "the other trial has not changed";
  EXPECT_EQ(message->trials(0).name(), attempt_.trial());
}

TEST_F(FollowTest, AWatchOfAFinalSweepEndsAtOnce) {
  ASSERT_EQ(reports_->Acknowledged(attempt_, 1, {EndRecord(v1::Attempt::END_REASON_FINISHED)}), 1);
  ADARES_ASSERT_OK(Cancel("sweeps/followed"));
  Watch watch(channel_, "sweeps/followed");
  const auto all = watch.Next();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->trials_size(), 2);
  EXPECT_FALSE(watch.Next());
  ADARES_ASSERT_OK(watch.End());
}

TEST_F(FollowTest, AWatchEndsWithDrainingWhenTheServerStops) {
  Watch watch(channel_, "sweeps/followed");
  ASSERT_TRUE(watch.Next());
  LogTail tail(channel_, Tail(/*follow=*/true));
  ASSERT_TRUE(fixtures::Await([this] { return Metric("adares_watch_streams") == 2; }));
  reports_.reset();
  Stop();
  EXPECT_FALSE(watch.Next());
  const absl::Status end = watch.End();
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable) << end;
  EXPECT_EQ(ErrorReason(end), "DRAINING");
  const absl::Status tail_end = tail.End();
  EXPECT_EQ(ErrorReason(tail_end), "DRAINING") << tail_end;
}

TEST_F(FollowTest, WatchingAnUnknownSweepIsNotFound) {
  Watch watch(channel_, "sweeps/nothing");
  EXPECT_FALSE(watch.Next());
  EXPECT_EQ(ErrorReason(watch.End()), "SWEEP_NOT_FOUND");
  Watch malformed(channel_, "nothing");
  EXPECT_FALSE(malformed.Next());
  EXPECT_EQ(ErrorReason(malformed.End()), "ARGUMENT_INVALID");
}

TEST_F(FollowTest, ALogIsFollowedUntilItsAttemptEnds) {
  ASSERT_EQ(reports_->Acknowledged(attempt_, 1, {LogRecord(1, {"one", "two"})}), 1);
  LogTail tail(channel_, Tail(/*follow=*/true));
  EXPECT_EQ(tail.Read(2), (std::vector<std::string>{"one", "two"}));
  ASSERT_EQ(reports_->Acknowledged(attempt_, 2, {LogRecord(3, {"three"})}), 2);
  EXPECT_EQ(tail.Read(1), (std::vector<std::string>{"three"}));
  ASSERT_EQ(reports_->Acknowledged(
                attempt_, 3, {LogRecord(4, {"last"}), EndRecord(v1::Attempt::END_REASON_FINISHED)}),
            4);
  EXPECT_EQ(tail.Read(1), (std::vector<std::string>{"last"}));
  ADARES_ASSERT_OK(tail.End());
}

TEST_F(FollowTest, ALogIsReadFromALineOn) {
  std::vector<std::string> texts;
  for (int i = 1; i <= 1500; ++i) texts.push_back("line " + std::to_string(i));
  const std::vector<std::string> first(texts.begin(), texts.begin() + 1000);
  const std::vector<std::string> second(texts.begin() + 1000, texts.end());
  ASSERT_EQ(reports_->Acknowledged(attempt_, 1, {LogRecord(1, first), LogRecord(1001, second)}), 2);
  v1::TailLogsRequest request = Tail(/*follow=*/false);
  request.set_first_line(3);
  LogTail tail(channel_, request);
  const auto lines = tail.Read(10'000);
  ASSERT_EQ(lines.size(), 1498U) << "a log longer than a message comes whole";
  EXPECT_EQ(lines.front(), "line 3");
  EXPECT_EQ(lines.back(), "line 1500");
}

TEST_F(FollowTest, UnknownLogsAreNotFound) {
  v1::TailLogsRequest request = Tail(/*follow=*/true);
  request.set_attempt(2);
  EXPECT_EQ(ErrorReason(LogTail(channel_, request).End()), "ATTEMPT_NOT_FOUND");
  request.set_name("sweeps/followed/trials/000000000000");
  EXPECT_EQ(ErrorReason(LogTail(channel_, request).End()), "TRIAL_NOT_FOUND");
  request.set_name("followed");
  EXPECT_EQ(ErrorReason(LogTail(channel_, request).End()), "ARGUMENT_INVALID");
  request.set_name(Trials("followed").back().name());
  request.set_attempt(0);
  request.set_follow(false);
  EXPECT_EQ(ErrorReason(LogTail(channel_, request).End()), "ATTEMPT_NOT_FOUND")
      << "a trial that waits has no log";
}

TEST_F(FollowTest, AFollowedLogWaitsForTheFirstAttempt) {
  const std::string waiting = Trials("followed").back().name();
  v1::TailLogsRequest request = Tail(/*follow=*/true);
  request.set_name(waiting);
  LogTail tail(channel_, request);
  ASSERT_TRUE(fixtures::Await([this] { return Metric("adares_watch_streams") == 1; }));
  ASSERT_EQ(reports_->Acknowledged(attempt_, 1, {EndRecord(v1::Attempt::END_REASON_FINISHED)}), 1);
  worker_->held.clear();
  const v1::Assignment second = worker_->TakeOne();
  ASSERT_EQ(second.trial(), waiting);
  ASSERT_EQ(reports_->Acknowledged(
                second, 1, {LogRecord(1, {"hello"}), EndRecord(v1::Attempt::END_REASON_FINISHED)}),
            2);
  EXPECT_EQ(tail.Read(1), (std::vector<std::string>{"hello"}));
  ADARES_ASSERT_OK(tail.End());
}

TEST_F(FollowTest, AFollowedLogOfATrialThatNeverRanEnds) {
  const std::string waiting = Trials("followed").back().name();
  v1::TailLogsRequest request = Tail(/*follow=*/true);
  request.set_name(waiting);
  LogTail tail(channel_, request);
  ASSERT_TRUE(fixtures::Await([this] { return Metric("adares_watch_streams") == 1; }));
  ADARES_ASSERT_OK(Cancel("sweeps/followed"));
  EXPECT_EQ(ErrorReason(tail.End()), "ATTEMPT_NOT_FOUND");
}

}  // namespace
}  // namespace adares
