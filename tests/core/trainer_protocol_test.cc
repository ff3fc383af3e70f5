// The line protocol: what is written reads back, and what is wrong is refused with its cause.
#include "core/trainer_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <ostream>

#include "core/status.h"
#include "tests/core/random_spec.h"

namespace adares::trainer_protocol {
namespace {

using ::testing::HasSubstr;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <typename Alternative>
Alternative RoundTrip(const Alternative& event) {
  const std::string line = Encode(Event(event));
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  const absl::StatusOr<Event> parsed = ParseEvent(line);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  // Writing what was read gives the same line, so nothing was lost on the way.
  EXPECT_EQ(Encode(*parsed), line);
  return std::get<Alternative>(*parsed);
}

TEST(TrainerProtocolTest, TrainCommandsReadBack) {
  RandomSpec specs(4);
  for (int i = 0; i < 200; ++i) {
    const TrainCommand command = {"sweeps/s/trials/6f6a5a864aed", i + 1, specs.Next()};
    const absl::StatusOr<Command> parsed = ParseCommand(Encode(Command(command)));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    const auto& read = std::get<TrainCommand>(*parsed);
    EXPECT_EQ(read.trial, command.trial);
    EXPECT_EQ(read.attempt, command.attempt);
    EXPECT_EQ(read.spec, command.spec);
  }
}

TEST(TrainerProtocolTest, CheckpointsAreOrderedWithATrialOrNotAtAll) {
  TrainCommand command = {"sweeps/s/trials/6f6a5a864aed", 1, {}};
  command.checkpoints = {"/state/a1/checkpoints", 500, 2.5, true};
  EXPECT_EQ(std::get<TrainCommand>(*ParseCommand(Encode(Command(command)))).checkpoints,
            command.checkpoints);
  const auto without = ParseCommand(R"({"type":"train","trial":"t","attempt":1,"spec":{}})");
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ(std::get<TrainCommand>(*without).checkpoints, CheckpointOrder{});
}

TEST(TrainerProtocolTest, CheckpointCommandReadsBack) {
  const std::string line = Encode(Command(CheckpointCommand{}));
  EXPECT_EQ(line, R"({"type":"checkpoint"})");
  EXPECT_TRUE(std::holds_alternative<CheckpointCommand>(*ParseCommand(line)));
}

TEST(TrainerProtocolTest, CheckpointEventReadsBack) {
  const CheckpointEvent event = RoundTrip(CheckpointEvent{1500, 3, "/state/a1"});
  EXPECT_EQ(event.step, 1500);
  EXPECT_EQ(event.epoch, 3);
  EXPECT_EQ(event.folder, "/state/a1");
}

TEST(TrainerProtocolTest, DigestsComeWithAnEndOrNot) {
  const std::map<std::string, std::string> digests = {{"results", "ab"}, {"weights", "cd"}};
  EXPECT_EQ(RoundTrip(EndEvent{EndReason::kFinished, "", digests}).digests, digests);
  const auto without = ParseEvent(R"({"type":"end","reason":"finished","message":""})");
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_TRUE(std::get<EndEvent>(*without).digests.empty());
}

TEST(TrainerProtocolTest, StopCommandReadsBack) {
  const std::string line = Encode(Command(StopCommand{}));
  EXPECT_EQ(line, R"({"type":"stop"})");
  EXPECT_TRUE(std::holds_alternative<StopCommand>(*ParseCommand(line)));
}

TEST(TrainerProtocolTest, ReadyAndStartReadBack) {
  const ReadyEvent ready = RoundTrip(ReadyEvent{"0.1.0", "1.13.1", "cuda:0"});
  EXPECT_EQ(ready.version, "0.1.0");
  EXPECT_EQ(ready.libtorch, "1.13.1");
  EXPECT_EQ(ready.device, "cuda:0");
  const StartEvent start =
      RoundTrip(StartEvent{470, 10, 78'042, {{"threads", "2"}, {"os", ""}}, 47});
  EXPECT_EQ(start.resumed_step, 47);
  EXPECT_EQ(start.total_steps, 470);
  EXPECT_EQ(start.total_epochs, 10);
  EXPECT_EQ(start.parameters, 78'042);
  EXPECT_EQ(start.provenance.at("threads"), "2");
  EXPECT_EQ(start.provenance.size(), 2U);
}

TEST(TrainerProtocolTest, ValuesKeepEveryBit) {
  const double kValues[] = {0.1, -0.0, 1e-310, 1.7976931348623157e308, 1.0 / 3, kInf, -kInf};
  for (const double value : kValues) {
    const PointsEvent event = RoundTrip(PointsEvent{{{"train/loss", 47, 1, value}}});
    EXPECT_EQ(event.points.at(0).value, value);
    EXPECT_EQ(std::signbit(event.points.at(0).value), std::signbit(value));
  }
}

TEST(TrainerProtocolTest, NanTravelsAsAString) {
  const PointsEvent event = {{{"train/loss", 47, 1, kNaN}, {"train/lr", 47, 1, 0.1}}};
  EXPECT_EQ(Encode(Event(event)),
            R"({"points":[{"epoch":1,"key":"train/loss","step":47,"value":"nan"},)"
            R"({"epoch":1,"key":"train/lr","step":47,"value":0.1}],"type":"points"})");
  EXPECT_TRUE(std::isnan(RoundTrip(event).points.at(0).value));
}

TEST(TrainerProtocolTest, SkipWeightsReadBack) {
  const SkipWeightsEvent event =
      RoundTrip(SkipWeightsEvent{{{"layer1.0", 0, 0, 1, kNaN}, {"layer2.0", 50, 1, -kInf, 0.25}}});
  ASSERT_EQ(event.weights.size(), 2U);
  EXPECT_EQ(event.weights[0].site, "layer1.0");
  EXPECT_TRUE(std::isnan(event.weights[0].gradient));
  EXPECT_EQ(event.weights[1].step, 50);
  EXPECT_EQ(event.weights[1].epoch, 1);
  EXPECT_EQ(event.weights[1].value, -kInf);
  EXPECT_EQ(event.weights[1].gradient, 0.25);
}

TEST(TrainerProtocolTest, WhatASumIsMadeOfReadsBack) {
  SkipWeightPoint weight{"layer1.0", 50, 1, 0.5, 0.25};
  weight.s = 0.5;
  weight.r = 1.5;
  weight.gradient_snr = 2.5;
  weight.path_ratio = kInf;
  weight.skip_share = 1;
  const SkipWeightPoint back = RoundTrip(SkipWeightsEvent{{weight}}).weights.at(0);
  EXPECT_EQ(back.s, 0.5);
  EXPECT_EQ(back.r, 1.5);
  EXPECT_EQ(back.gradient_snr, 2.5);
  EXPECT_EQ(back.path_ratio, kInf);
  EXPECT_EQ(back.skip_share, 1);
}

TEST(TrainerProtocolTest, WhatATrainerDoesNotTellOfASumIsUnknown) {
  const auto event = ParseEvent(
      R"({"type":"weights","weights":[{"site":"a","step":1,"epoch":0,"value":1,"gradient":2}]})");
  ASSERT_TRUE(event.ok()) << event.status();
  const SkipWeightPoint& weight = std::get<SkipWeightsEvent>(*event).weights.at(0);
  for (const double value :
       {weight.s, weight.r, weight.gradient_snr, weight.path_ratio, weight.skip_share}) {
    EXPECT_TRUE(std::isnan(value));
  }
}

TEST(TrainerProtocolTest, FlagsReadBack) {
  for (const FlagKind kind : {FlagKind::kSaturated, FlagKind::kClosed, FlagKind::kBranchDead,
                              FlagKind::kDrifting, FlagKind::kDiverging}) {
    for (const bool raised : {true, false}) {
      const Flag flag{kind, kind == FlagKind::kDiverging ? "" : "layer1.0", 50, 1, raised, "why"};
      EXPECT_EQ(RoundTrip(FlagEvent{flag}).flag, flag);
    }
  }
}

TEST(TrainerProtocolTest, ProgressReadsBack) {
  const ProgressEvent event = RoundTrip(ProgressEvent{120, 2, 998.5});
  EXPECT_EQ(event.step, 120);
  EXPECT_EQ(event.epoch, 2);
  EXPECT_EQ(event.images_per_second, 998.5);
}

TEST(TrainerProtocolTest, EveryEndReadsBack) {
  for (const EndReason reason :
       {EndReason::kFinished, EndReason::kError, EndReason::kDiverged, EndReason::kOutOfMemory,
        EndReason::kWorkerLost, EndReason::kPreempted, EndReason::kCancelled}) {
    EXPECT_EQ(RoundTrip(EndEvent{reason, "two\nlines \"quoted\""}).reason, reason);
  }
}

TEST(TrainerProtocolTest, BytesThatAreNoUtf8DoNotBreakTheLine) {
  const EndEvent event = RoundTrip(EndEvent{EndReason::kError, "cannot open a\xff.bin"});
  EXPECT_EQ(event.message, "cannot open a\xef\xbf\xbd.bin");
}

TEST(TrainerProtocolTest, UnknownMembersAreIgnored) {
  const auto event = ParseEvent(
      R"({"type":"progress","step":1,"epoch":0,"images_per_second":2,"loss":{"later":[]}})");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(std::get<ProgressEvent>(*event).step, 1);
}

struct BadLine {
  const char* name;
  const char* line;
  const char* message;
};
void PrintTo(const BadLine& value, std::ostream* out) { *out << value.name; }

class BadEventTest : public testing::TestWithParam<BadLine> {};

TEST_P(BadEventTest, IsRefusedWithItsCause) {
  const absl::StatusOr<Event> event = ParseEvent(GetParam().line);
  ASSERT_FALSE(event.ok());
  EXPECT_EQ(event.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(event.status()), "ARGUMENT_INVALID");
  EXPECT_EQ(std::string(event.status().message()), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadEventTest,
    testing::Values(
        BadLine{"empty", "", R"(trainer event: not valid JSON: "")"},
        BadLine{"text", "Epoch 1: loss 0.3",
                R"(trainer event: not valid JSON: "Epoch 1: loss 0.3")"},
        BadLine{"list", "[]", "trainer event: is not an object"},
        BadLine{"no_type", "{}", "trainer event: member type is missing"},
        BadLine{"type_number", R"({"type":1})", "trainer event: member type must be a string"},
        BadLine{"unknown_type", R"({"type":"dance"})", R"(trainer event: unknown type "dance")"},
        BadLine{"command", R"({"type":"stop"})", R"(trainer event: unknown type "stop")"},
        BadLine{"missing_member", R"({"type":"ready","version":"1","libtorch":"1"})",
                "trainer event ready: member device is missing"},
        BadLine{"negative_step", R"({"type":"progress","step":-1,"epoch":0,"images_per_second":0})",
                "trainer event progress: member step must be an integer >= 0"},
        BadLine{"huge_step",
                R"({"type":"progress","step":9223372036854775808,"epoch":0,"images_per_second":0})",
                "trainer event progress: member step must be an integer >= 0"},
        BadLine{"fractional_step",
                R"({"type":"progress","step":1.5,"epoch":0,"images_per_second":0})",
                "trainer event progress: member step must be an integer >= 0"},
        BadLine{"value_text", R"({"type":"progress","step":1,"epoch":0,"images_per_second":"NaN"})",
                "trainer event progress: member images_per_second must be a number, \"nan\", "
                "\"inf\" or \"-inf\""},
        BadLine{"bad_key",
                R"({"type":"points","points":[{"key":"A B","step":1,"epoch":0,"value":0}]})",
                "trainer event points: member key must be a metric key, not \"A B\""},
        BadLine{"bad_site",
                R"({"type":"weights","weights":[{"site":"","step":1,"epoch":0,"value":0,)"
                R"("gradient":0}]})",
                "trainer event weights: member site must be the name of a site, not \"\""},
        BadLine{"points_object", R"({"type":"points","points":{}})",
                "trainer event points: member points must be a list of at most 10000 elements"},
        BadLine{"point_number", R"({"type":"points","points":[1]})",
                "trainer event points: is not an object"},
        BadLine{"provenance_number",
                R"({"type":"start","total_steps":1,"total_epochs":1,"parameters":1,)"
                R"("provenance":{"threads":2}})",
                "trainer event start: member provenance must be an object of strings"},
        BadLine{"bad_flag",
                R"({"type":"flag","kind":"bored","site":"","step":1,"epoch":0,"raised":true,)"
                R"("message":""})",
                "trainer event flag: member kind is no kind of flag: \"bored\""},
        BadLine{"bad_flag_site",
                R"({"type":"flag","kind":"closed","site":"A","step":1,"epoch":0,"raised":true,)"
                R"("message":""})",
                "trainer event flag: member site must be empty or the name of a site, not \"A\""},
        BadLine{"bad_reason", R"({"type":"end","reason":"bored","message":""})",
                "trainer event end: member reason is no reason why an attempt ends: \"bored\""}),
    [](const auto& test) { return test.param.name; });

TEST(TrainerProtocolTest, AStartWithoutItsStepBeganFromScratch) {
  const auto event = ParseEvent(
      R"({"type":"start","total_steps":1,"total_epochs":1,"parameters":1,"provenance":{}})");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(std::get<StartEvent>(*event).resumed_step, 0);
}

TEST(TrainerProtocolTest, CommandsAreCheckedToo) {
  const auto message = [](const char* line) {
    return std::string(ParseCommand(line).status().message());
  };
  EXPECT_EQ(message(R"({"type":"train","trial":"t","attempt":1})"),
            "trainer command train: member spec is missing");
  EXPECT_EQ(message(R"({"type":"train","trial":"t","attempt":1,"spec":{"train":{"lr":-1}}})"),
            "trainer command train: member spec: train.lr takes a number > 0: \"-1\" is out of "
            "range");
  EXPECT_THAT(
      message(R"({"type":"train","trial":"t","attempt":1,"spec":{"x":1},"checkpoints":{}})"),
      HasSubstr("member spec"))
      << "what is wrong twice is refused for the first";
  EXPECT_EQ(message(R"({"type":"train","trial":"t","attempt":1,"spec":{},"checkpoints":)"
                    R"({"folder":"f","every_steps":1,"every_seconds":1,"resume":"yes"}})"),
            "trainer command train: member checkpoints: member resume must be true or false");
  EXPECT_EQ(message(R"({"type":"ready"})"), "trainer command: unknown type \"ready\"");
}

TEST(TrainerProtocolTest, LongMessagesOfFlagsAreRefused) {
  FlagEvent event{{FlagKind::kClosed, "a", 1, 0, true, std::string(kMaxFlagMessageBytes, 'x')}};
  EXPECT_TRUE(ParseEvent(Encode(Event(event))).ok());
  event.flag.message += "x";
  EXPECT_THAT(std::string(ParseEvent(Encode(Event(event))).status().message()),
              HasSubstr("member message is longer than 1024 bytes"));
}

TEST(TrainerProtocolTest, EveryTruncationIsAnError) {
  const std::string line = Encode(Event(SkipWeightsEvent{{{"layer1.0", 1, 0, 0.5, kNaN}}}));
  for (size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(ParseEvent(line.substr(0, length)).ok()) << length;
  }
}

TEST(TrainerProtocolTest, HostileNestingIsRefused) {
  std::string line = R"({"type":"ready","x":)";
  for (int i = 0; i < 500'000; ++i) line += "[";
  EXPECT_EQ(std::string(ParseEvent(line).status().message()), "trainer event: nested too deep");
}

TEST(TrainerProtocolTest, LongLinesAndListsAreRefused) {
  EXPECT_THAT(std::string(ParseEvent(std::string(kMaxLineBytes + 1, ' ')).status().message()),
              HasSubstr("longer than 4194304 bytes"));
  PointsEvent event;
  event.points.assign(kMaxItemsPerEvent, {"train/loss", 1, 0, 0.5});
  EXPECT_TRUE(ParseEvent(Encode(Event(event))).ok());
  event.points.push_back({"train/loss", 1, 0, 0.5});
  EXPECT_THAT(std::string(ParseEvent(Encode(Event(event))).status().message()),
              HasSubstr("at most 10000 elements"));
}

}  // namespace
}  // namespace adares::trainer_protocol
