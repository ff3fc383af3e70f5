// `adares trial verify`: finished trials are trained again and compared to the last bit.
#include <gmock/gmock.h>

#include <string>

#include "nlohmann/json.hpp"
#include "tests/e2e/programs_fixture.h"

namespace adares {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class VerifyTest : public ProgramsTest {
 protected:
  std::string AnyTrial() const {
    return "small/" + *database_.Rows("SELECT trial FROM v1_trials").begin();
  }

  // A sweep that has been trained, and the name of one of its trials.
  std::string TrainedTrial(const std::string& threads = "1") {
    StartServer();
    StartWorker("w1", 1, {"--threads", threads});
    Submit({.name = "small", .granularities = {"block"}, .dataset = dataset_});
    AwaitSuccess();
    return AnyTrial();
  }
};

TEST_F(VerifyTest, AFinishedTrialComesOutTheSame) {
  const std::string trial = TrainedTrial();
  const CommandResult result = Adares({"trial", "verify", trial});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("attempt 1 on w1: identical to the last bit"));
  EXPECT_THAT(result.errors, HasSubstr(trial + ": finished\n"));
  EXPECT_THAT(result.errors, Not(HasSubstr("trial.json")));
}

TEST_F(VerifyTest, TwoThreadsComeOutTheSameToo) {
  const std::string trial = TrainedTrial("2");
  const CommandResult result = Adares({"trial", "verify", trial});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("attempt 1 on w1: identical to the last bit"));
}

TEST_F(VerifyTest, OtherResultsAreFound) {
  const std::string trial = TrainedTrial();
  database_.Execute("UPDATE attempt SET digests = json_set(digests, '$.results', 'other')");
  const CommandResult result = Adares({"trial", "verify", trial, "-o", "json"});
  EXPECT_EQ(result.code, 8) << result.errors;
  const auto json = nlohmann::json::parse(result.output);
  EXPECT_EQ(json["verdict"], "different");
  EXPECT_EQ(json["was"]["weights"], json["is"]["weights"]);
  EXPECT_NE(json["was"]["results"], json["is"]["results"]);
}

TEST_F(VerifyTest, AnotherCommitIsSaidAndTrainedNevertheless) {
  const std::string trial = TrainedTrial();
  database_.Execute(
      "UPDATE attempt SET provenance = json_set(provenance, '$.trainer_commit', '90feb30a')");
  const CommandResult result = Adares({"trial", "verify", trial});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, MatchesRegex(".*identical to the last bit, by another program: "
                                          "trainer_commit is .*, was 90feb30a\n.*"));
}

TEST_F(VerifyTest, AnotherThreadCountIsNotComparedAndNotTrained) {
  const std::string trial = TrainedTrial();
  const CommandResult result = Adares({"trial", "verify", trial, "--threads", "2"});
  EXPECT_EQ(result.code, 8) << result.errors;
  EXPECT_THAT(result.output,
              HasSubstr("not comparable to the last bit here: class is cpu/threads=2, was "
                        "cpu/threads=1"));
  EXPECT_THAT(result.output, HasSubstr("Leave --threads out"));
  EXPECT_THAT(result.errors, Not(HasSubstr("trial.json")));
  EXPECT_THAT(result.errors, Not(HasSubstr("epoch"))) << "what was trained until it was stopped";
}

TEST_F(VerifyTest, ATrialThatHasNotFinishedIsRefused) {
  StartServer();
  Submit({.name = "small", .dataset = dataset_});
  const std::string trial = AnyTrial();
  const CommandResult result = Adares({"trial", "verify", trial});
  EXPECT_EQ(result.code, 5);
  EXPECT_THAT(result.errors, HasSubstr("has not finished; it is queued"));
}

}  // namespace
}  // namespace adares
