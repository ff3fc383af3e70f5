// The forms in which people name sweeps and trials.
#include "client/resource_argument.h"

#include <gtest/gtest.h>

#include "client/exit_code.h"
#include "client/problem.h"

namespace adares::client {
namespace {

TEST(ResourceArgumentTest, SweepsHaveTwoForms) {
  EXPECT_EQ(SweepArgument("mnist").value(), "sweeps/mnist");
  EXPECT_EQ(SweepArgument("sweeps/mnist").value(), "sweeps/mnist");
}

TEST(ResourceArgumentTest, TrialsHaveThreeForms) {
  EXPECT_EQ(TrialArgument("sweeps/x/trials/0123456789ab").value(), "sweeps/x/trials/0123456789ab");
  EXPECT_EQ(TrialArgument("x/0123456789ab").value(), "sweeps/x/trials/0123456789ab");
  EXPECT_EQ(TrialArgument("0123456789ab").value(), "sweeps/-/trials/0123456789ab");
}

TEST(ResourceArgumentTest, OtherTextsAreUsageErrors) {
  for (const char* text : {"", "Mnist", "a b", "sweeps/", "x/y"}) {
    EXPECT_EQ(ExitCodeFor(SweepArgument(text).status()), ExitCode::kUsage) << text;
    EXPECT_EQ(ExitCodeFor(TrialArgument(text).status()), ExitCode::kUsage) << text;
  }
}

TEST(ResourceArgumentTest, ShortenedIdsAreExplained) {
  const Problem problem = DescribeProblem(TrialArgument("0123").status(), {});
  EXPECT_EQ(problem.what, "\"0123\" is not the name of a trial: its id has 12 hex digits");
}

TEST(ResourceArgumentTest, ShortNamesReadBack) {
  EXPECT_EQ(ShortName("sweeps/mnist"), "mnist");
  EXPECT_EQ(ShortName("sweeps/mnist/trials/0123456789ab"), "mnist/0123456789ab");
  EXPECT_EQ(ShortName("workers/local"), "local");
  EXPECT_EQ(ShortName("something else"), "something else");
}

}  // namespace
}  // namespace adares::client
