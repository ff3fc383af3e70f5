// The border between domain and protocol: round trips, and refusals that name the field.
#include "rpc/convert.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "core/status.h"

namespace adares {
namespace {

using testing::HasSubstr;

ReportRecord RoundTrip(const ReportRecord& record) {
  absl::StatusOr<ReportRecord> back = FromProto(ToProto(record));
  EXPECT_TRUE(back.ok()) << back.status();
  return *std::move(back);
}

TEST(ConvertTest, TimesKeepTheirMicroseconds) {
  for (const int64_t micros : {0L, 1L, -1L, -1'000'000L, 1'764'000'000'123'456L}) {
    EXPECT_EQ(ToMicros(FromProto(ToProto(FromMicros(micros)))), micros);
  }
}

TEST(ConvertTest, AScheduleTellsItsStopRule) {
  Schedule schedule;
  EXPECT_FALSE(ToProto(schedule).has_stop());
  schedule.stop = StopRule{"validation/accuracy", StopRule::Side::kAbove, 0.95, 3};
  EXPECT_EQ(ToProto(schedule).stop().metric(), "validation/accuracy");
  EXPECT_EQ(ToProto(schedule).stop().above(), 0.95);
  EXPECT_EQ(ToProto(schedule).stop().after_epoch(), 3);
  schedule.stop->side = StopRule::Side::kBelow;
  EXPECT_FALSE(ToProto(schedule).stop().has_above());
  EXPECT_EQ(ToProto(schedule).stop().below(), 0.95);
}

TEST(ConvertTest, PointsKeepNanAndInfinity) {
  const double inf = std::numeric_limits<double>::infinity();
  const auto points = std::get<std::vector<MetricPoint>>(RoundTrip(std::vector<MetricPoint>{
      {"train/loss", 5, 1, std::nan("")}, {"validation/loss", 6, 1, -inf}}));
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].key, "train/loss");
  EXPECT_EQ(points[0].step, 5);
  EXPECT_TRUE(std::isnan(points[0].value));
  EXPECT_EQ(points[1].value, -inf);
}

TEST(ConvertTest, SkipWeightsSurvive) {
  const auto weights = std::get<std::vector<SkipWeightPoint>>(
      RoundTrip(std::vector<SkipWeightPoint>{{"layer1.0", 7, 2, 0.25, -0.5}}));
  EXPECT_EQ(weights.at(0).site, "layer1.0");
  EXPECT_EQ(weights.at(0).epoch, 2);
  EXPECT_EQ(weights.at(0).value, 0.25);
  EXPECT_EQ(weights.at(0).gradient, -0.5);
}

TEST(ConvertTest, WhatIsKnownOfASumSurvivesAndTheRestStaysUnknown) {
  SkipWeightPoint known{"layer1.0", 7, 2, 0.25, -0.5};
  known.s = 0.25;
  known.r = 0.75;
  known.gradient_snr = 3;
  known.path_ratio = 0;
  known.skip_share = 0.125;
  const auto weights = std::get<std::vector<SkipWeightPoint>>(
      RoundTrip(std::vector<SkipWeightPoint>{known, {"layer1.1", 7, 2, 0.25, -0.5}}));
  EXPECT_EQ(weights.at(0).s, 0.25);
  EXPECT_EQ(weights.at(0).r, 0.75);
  EXPECT_EQ(weights.at(0).gradient_snr, 3);
  EXPECT_EQ(weights.at(0).path_ratio, 0);
  EXPECT_EQ(weights.at(0).skip_share, 0.125);
  for (const double value : {weights.at(1).s, weights.at(1).r, weights.at(1).gradient_snr,
                             weights.at(1).path_ratio, weights.at(1).skip_share}) {
    EXPECT_TRUE(std::isnan(value));
  }
}

TEST(ConvertTest, EveryFlagSurvives) {
  for (const FlagKind kind : {FlagKind::kSaturated, FlagKind::kClosed, FlagKind::kBranchDead,
                              FlagKind::kDrifting, FlagKind::kDiverging}) {
    for (const bool raised : {true, false}) {
      const Flag flag{kind, kind == FlagKind::kDiverging ? "" : "layer1.0", 50, 1, raised, "why"};
      EXPECT_EQ(std::get<Flag>(RoundTrip(flag)), flag);
    }
  }
}

TEST(ConvertTest, AFlagIsChecked) {
  const auto refusal = [](const v1::Flag& flag) {
    v1::Record record;
    *record.mutable_flag() = flag;
    return std::string(FromProto(record).status().message());
  };
  const v1::Flag good = ToProto(Flag{FlagKind::kClosed, "layer1.0", 50, 1, true, "why"});
  EXPECT_EQ(refusal(good), "");
  v1::Flag flag = good;
  flag.set_kind(v1::Flag::KIND_UNSPECIFIED);
  EXPECT_THAT(refusal(flag), HasSubstr("flag.kind"));
  flag = good;
  flag.set_site("no spaces");
  EXPECT_THAT(refusal(flag), HasSubstr("flag.site"));
  flag = good;
  flag.set_step(-1);
  EXPECT_THAT(refusal(flag), HasSubstr("negative"));
  flag = good;
  flag.set_message(std::string(kMaxFlagMessageBytes + 1, 'x'));
  EXPECT_THAT(refusal(flag), HasSubstr("flag.message"));
}

TEST(ConvertTest, AnEndKeepsWhetherThereWasAnExitCode) {
  const auto died = std::get<AttemptEnd>(
      RoundTrip(AttemptEnd{EndReason::kError, "killed", 137, {"last", "lines"}}));
  EXPECT_EQ(died.exit_code, 137);
  EXPECT_EQ(died.log_tail.size(), 2u);
  const auto finished =
      std::get<AttemptEnd>(RoundTrip(AttemptEnd{EndReason::kFinished, "", {}, {}, {{"a", "b"}}}));
  EXPECT_EQ(finished.digests.at("a"), "b");
  EXPECT_FALSE(finished.exit_code.has_value());
  EXPECT_EQ(finished.reason, EndReason::kFinished);
}

TEST(ConvertTest, StartAndProgressSurvive) {
  const auto start =
      std::get<AttemptStart>(RoundTrip(AttemptStart{100, 4, 77, {{"device", "cpu"}}, 20}));
  EXPECT_EQ(start.total_steps, 100);
  EXPECT_EQ(start.resumed_step, 20);
  EXPECT_EQ(start.provenance.at("device"), "cpu");
  const auto progress = std::get<Progress>(RoundTrip(Progress{10, 100, 1, 4, 512.5}));
  EXPECT_EQ(progress.step, 10);
  EXPECT_EQ(progress.images_per_second, 512.5);
}

TEST(ConvertTest, ACheckpointSurvivesAndIsChecked) {
  for (const CheckpointReason reason :
       {CheckpointReason::kPeriodic, CheckpointReason::kOnStop, CheckpointReason::kFinal}) {
    const Checkpoint checkpoint{7, 1, reason, {{"model", std::string(64, 'a'), 5}}};
    EXPECT_EQ(std::get<Checkpoint>(RoundTrip(checkpoint)), checkpoint);
  }
  v1::Checkpoint message = ToProto(Checkpoint{7, 1, CheckpointReason::kFinal, {}});
  EXPECT_THAT(std::string(FromProto(message).status().message()), HasSubstr("0 files"));
  message.set_reason(v1::Checkpoint::REASON_UNSPECIFIED);
  EXPECT_THAT(std::string(FromProto(message).status().message()), HasSubstr("checkpoint.reason"));
}

TEST(ConvertTest, AListWithoutElementsIsARecord) {
  EXPECT_TRUE(std::get<std::vector<MetricPoint>>(RoundTrip(std::vector<MetricPoint>())).empty());
  EXPECT_TRUE(
      std::get<std::vector<SkipWeightPoint>>(RoundTrip(std::vector<SkipWeightPoint>())).empty());
  EXPECT_TRUE(std::get<std::vector<LogLine>>(RoundTrip(std::vector<LogLine>())).empty());
}

TEST(ConvertTest, AnEmptyRecordIsRefused) {
  EXPECT_EQ(ErrorReason(FromProto(v1::Record()).status()), reason::kArgumentInvalid);
}

TEST(ConvertTest, BadFieldsAreNamed) {
  v1::Record record;
  v1::MetricPoint* point = record.mutable_metrics()->add_points();
  point->set_key("no spaces allowed");
  EXPECT_THAT(std::string(FromProto(record).status().message()), HasSubstr("metrics.key"));
  point->set_key("train/loss");
  point->set_step(-1);
  EXPECT_THAT(std::string(FromProto(record).status().message()), HasSubstr("negative"));

  v1::Record end;
  end.mutable_end()->set_reason(v1::Attempt::END_REASON_UNSPECIFIED);
  EXPECT_THAT(std::string(FromProto(end).status().message()), HasSubstr("end.reason"));
}

TEST(ConvertTest, ARecordHasLimits) {
  v1::Record record;
  for (int i = 0; i <= kMaxPointsPerRecord; ++i) {
    record.mutable_metrics()->add_points()->set_key("train/loss");
  }
  EXPECT_THAT(std::string(FromProto(record).status().message()), HasSubstr("at most"));

  v1::Record log;
  v1::LogLine* line = log.mutable_log()->add_lines();
  line->set_number(1);
  line->set_text(std::string(kMaxLogLineBytes + 1, 'x'));
  EXPECT_FALSE(FromProto(log).ok());
}

TEST(ConvertTest, TextsOfAnAttemptHaveLimits) {
  const auto refusal = [](const v1::Record& record) {
    return std::string(FromProto(record).status().message());
  };
  v1::Record end;
  end.mutable_end()->set_reason(v1::Attempt::END_REASON_ERROR);
  end.mutable_end()->set_message(std::string(kMaxMessageTextBytes, 'x'));
  for (size_t i = 0; i < kMaxLogTailLines; ++i) {
    end.mutable_end()->add_log_tail(std::string(kMaxLogLineBytes, 'x'));
  }
  EXPECT_EQ(refusal(end), "");
  v1::Record wrong = end;
  wrong.mutable_end()->mutable_message()->push_back('x');
  EXPECT_THAT(refusal(wrong), HasSubstr("end.message"));
  wrong = end;
  wrong.mutable_end()->add_log_tail("one more");
  EXPECT_THAT(refusal(wrong), HasSubstr("end.log_tail"));
  wrong = end;
  wrong.mutable_end()->mutable_log_tail(0)->push_back('x');
  EXPECT_THAT(refusal(wrong), HasSubstr("end.log_tail"));

  v1::Record start;
  auto& facts = *start.mutable_start()->mutable_provenance();
  for (size_t i = 0; i < kMaxFacts; ++i) {
    facts[std::to_string(i)] = std::string(kMaxMessageTextBytes, 'x');
  }
  EXPECT_EQ(refusal(start), "");
  wrong = start;
  (*wrong.mutable_start()->mutable_provenance())["one more"] = "";
  EXPECT_THAT(refusal(wrong), HasSubstr("start.provenance: 65 entries"));
  wrong = start;
  (*wrong.mutable_start()->mutable_provenance())["0"].push_back('x');
  EXPECT_THAT(refusal(wrong), HasSubstr("start.provenance"));
  wrong = end;
  (*wrong.mutable_end()->mutable_digests())[std::string(kMaxNameBytes + 1, 'x')] = "";
  EXPECT_THAT(refusal(wrong), HasSubstr("end.digests"));
}

TEST(ConvertTest, AnAttemptNeedsItsSweepAndAPositiveNumber) {
  EXPECT_TRUE(ParseAttempt("sweeps/x/trials/0123456789ab", 1).ok());
  EXPECT_FALSE(ParseAttempt("sweeps/-/trials/0123456789ab", 1).ok());
  EXPECT_FALSE(ParseAttempt("sweeps/x/trials/0123456789ab", 0).ok());
}

TEST(ConvertTest, EveryStateAndReasonHasItsOwnMessageValue) {
  for (const TrialState state :
       {TrialState::kQueued, TrialState::kRunning, TrialState::kStopping, TrialState::kSucceeded,
        TrialState::kFailed, TrialState::kCancelled}) {
    EXPECT_EQ(*FromProto(ToProto(state)), state);
  }
  for (const EndReason reason :
       {EndReason::kFinished, EndReason::kError, EndReason::kDiverged, EndReason::kOutOfMemory,
        EndReason::kWorkerLost, EndReason::kPreempted, EndReason::kCancelled}) {
    EXPECT_EQ(*FromProto(ToProto(reason)), reason);
  }
}

}  // namespace
}  // namespace adares
