// The block that explains a failed trial.
#include "client/failure_report.h"

#include <gtest/gtest.h>

#include "tests/client/messages.h"

namespace adares::client {
namespace {

TEST(FailureReportTest, TellsReasonExitCodeLogAndNextCommand) {
  EXPECT_EQ(WhyItFailed(MakeFailedTrial(1), "more: see there"),
            "--- why mnist/000000000001 (granularity=block seed 0) failed\n"
            "error: the trainer died (ended by signal 6 (Aborted)), attempt 1 on local\n"
            "  | reading mnist\n"
            "  | terminate called\n"
            "--- more: see there\n");
}

TEST(FailureReportTest, OrdinaryExitCodesStayNumbers) {
  v1::Trial trial = MakeFailedTrial(1);
  trial.mutable_attempts(0)->set_exit_code(3);
  EXPECT_NE(WhyItFailed(trial, "").find("(exit code 3)"), std::string::npos);
}

TEST(FailureReportTest, LongTailsAreCutToTheirEnd) {
  v1::Trial trial = MakeFailedTrial(1);
  for (int i = 0; i < 50; ++i) trial.mutable_attempts(0)->add_log_tail(std::to_string(i));
  const std::string text = WhyItFailed(trial, "");
  EXPECT_EQ(text.find("reading mnist"), std::string::npos);
  EXPECT_EQ(text.find("  | 29\n"), std::string::npos);
  EXPECT_NE(text.find("  | 30\n"), std::string::npos);
  EXPECT_NE(text.find("  | 49\n"), std::string::npos);
}

TEST(FailureReportTest, OtherTrialsHaveNone) {
  EXPECT_EQ(WhyItFailed(MakeTrial(1, v1::Trial::STATE_SUCCEEDED), ""), "");
}

}  // namespace
}  // namespace adares::client
