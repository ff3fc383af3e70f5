// Exit codes and ways out.
#include "client/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <string>
#include <vector>

#include "core/status.h"
#include "nlohmann/json.hpp"
#include "tests/core/source_tree.h"

namespace adares::client {
namespace {

using absl::StatusCode;

constexpr char kServer[] = "127.0.0.1:7070";

TEST(ProblemTest, EveryCodeHasItsExitCode) {
  const std::map<StatusCode, int> expected = {
      {StatusCode::kOk, 0},
      {StatusCode::kCancelled, 130},
      {StatusCode::kUnknown, 1},
      {StatusCode::kInvalidArgument, 2},
      {StatusCode::kDeadlineExceeded, 6},
      {StatusCode::kNotFound, 3},
      {StatusCode::kAlreadyExists, 5},
      {StatusCode::kPermissionDenied, 4},
      {StatusCode::kResourceExhausted, 6},
      {StatusCode::kFailedPrecondition, 5},
      {StatusCode::kAborted, 5},
      {StatusCode::kOutOfRange, 2},
      {StatusCode::kUnimplemented, 1},
      {StatusCode::kInternal, 1},
      {StatusCode::kUnavailable, 6},
      {StatusCode::kDataLoss, 1},
      {StatusCode::kUnauthenticated, 4},
  };
  for (const auto& [code, exit_code] : expected) {
    EXPECT_EQ(static_cast<int>(ExitCodeFor(absl::Status(code, "x"))), exit_code)
        << absl::StatusCodeToString(code);
  }
}

// The values of the constants in namespace `reason`, from their source.
std::vector<std::string> AllReasons() {
  const std::string source = ReadSourceFile("core/status.h");
  const std::regex constant("k[A-Za-z]+ = \"([A-Z_]+)\"");
  std::vector<std::string> reasons;
  for (auto found = std::sregex_iterator(source.begin(), source.end(), constant);
       found != std::sregex_iterator(); ++found) {
    reasons.push_back((*found)[1]);
  }
  return reasons;
}

TEST(ProblemTest, EveryReasonHasAWayOutOfItsOwn) {
  EXPECT_THAT(AllReasons(), testing::Contains(reason::kAttemptNotFound));
  for (const std::string& reason : AllReasons()) {
    const Problem problem = DescribeProblem(
        MakeError(StatusCode::kInternal, reason, "what happened"), {.server = kServer});
    EXPECT_EQ(problem.what, "what happened") << reason;
    EXPECT_NE(problem.hint, "") << reason;
  }
}

TEST(ProblemTest, UnreachableCoordinatorIsNamed) {
  const absl::Status status = absl::UnavailableError(
      "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:7070: "
      "Connection refused");
  EXPECT_EQ(
      ProblemText(DescribeProblem(status, {.server = kServer})),
      "error: cannot reach the coordinator at 127.0.0.1:7070: Connection refused\n"
      "hint: start one with `adares-server --state DIR` (what `adares run` left is such a DIR)\n");
}

TEST(ProblemTest, ExcerptMarksTheColumn) {
  const absl::Status status =
      WithExcerpt(MakeError(StatusCode::kInvalidArgument, reason::kSpecInvalid,
                            "s.yaml:2:10: unknown value", {{"line", "2"}, {"column", "10"}}),
                  "name: x\nvalues: [blocks]\r\nseeds: [0]\n");
  EXPECT_EQ(ProblemText(DescribeProblem(status, {.server = kServer})),
            "error: s.yaml:2:10: unknown value\n"
            "  2 | values: [blocks]\n"
            "    |          ^\n"
            "hint: nothing was started; correct the file and give the same command again\n");
}

TEST(ProblemTest, ExcerptOfALineThatIsNotThereIsLeftOut) {
  const absl::Status status = MakeError(StatusCode::kInvalidArgument, reason::kSpecInvalid, "x",
                                        {{"line", "7"}, {"column", "1"}});
  EXPECT_EQ(DescribeProblem(WithExcerpt(status, "one line"), {.server = kServer}).excerpt, "");
}

TEST(ProblemTest, WhatWasAskedIsNamed) {
  const absl::Status wrong =
      MakeError(StatusCode::kInvalidArgument, reason::kArgumentInvalid, "no such axis");
  EXPECT_EQ(DescribeProblem(wrong, {kServer, "adares compare", 30}).hint,
            "`adares compare --help` shows the forms");
  EXPECT_EQ(DescribeProblem(absl::DeadlineExceededError(""), {kServer, "adares compare", 2.5}).what,
            "the coordinator at 127.0.0.1:7070 did not answer within 2.5 s");
}

TEST(ProblemTest, OwnHintReplacesTheUsualOne) {
  const absl::Status status =
      WithHint(MakeError(StatusCode::kAlreadyExists, reason::kSweepExists, "it exists"), "do this");
  EXPECT_EQ(DescribeProblem(status, {.server = kServer}).hint, "do this");
  EXPECT_EQ(ErrorReason(status), reason::kSweepExists);
}

TEST(ProblemTest, InterruptIsNoError) {
  EXPECT_EQ(
      ProblemText(DescribeProblem(absl::CancelledError("stopped watching"), {.server = kServer})),
      "stopped watching\n");
}

TEST(ProblemTest, JsonTellsAllThatTextDoes) {
  const absl::Status status = WithHint(
      MakeError(StatusCode::kNotFound, reason::kSweepNotFound, "no sweep", {{"name", "x"}}),
      "look");
  const auto error = nlohmann::json::parse(
      ProblemJson(status, DescribeProblem(status, {.server = kServer})))["error"];
  EXPECT_EQ(error["status"], "NOT_FOUND");
  EXPECT_EQ(error["reason"], "SWEEP_NOT_FOUND");
  EXPECT_EQ(error["message"], "no sweep");
  EXPECT_EQ(error["hint"], "look");
  EXPECT_EQ(error["exitCode"], 3);
  EXPECT_EQ(error["metadata"], (nlohmann::json{{"name", "x"}}));
}

}  // namespace
}  // namespace adares::client
