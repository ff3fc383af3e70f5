// Words for enumerations and numbers.
#include "client/words.h"

#include <gtest/gtest.h>

#include "tests/client/messages.h"

namespace adares::client {
namespace {

TEST(WordsTest, EnumerationsAreWordsOfTheDocumentation) {
  EXPECT_EQ(StateWord(v1::Sweep::STATE_CANCELLING), "cancelling");
  EXPECT_EQ(StateWord(v1::Trial::STATE_SUCCEEDED), "succeeded");
  EXPECT_EQ(StateWord(v1::Worker::STATE_LOST), "lost");
  EXPECT_EQ(EndReasonWord(v1::Attempt::END_REASON_OUT_OF_MEMORY), "out-of-memory");
  EXPECT_EQ(EndReasonWord(v1::Attempt::END_REASON_UNSPECIFIED), "running");
  EXPECT_EQ(FlagWord(v1::Flag::KIND_BRANCH_DEAD), "branch-dead");
}

TEST(WordsTest, OneIsNoPlural) {
  v1::Sweep sweep = MakeSweep(v1::Sweep::STATE_RUNNING, 4, 0, 0);
  EXPECT_EQ(SizeText(sweep), "2 variants x 2 seeds = 4 trials");
  sweep = MakeSweep(v1::Sweep::STATE_RUNNING, 1, 0, 0);
  sweep.clear_seeds();
  sweep.add_seeds(7);
  sweep.set_variant_count(1);
  EXPECT_EQ(SizeText(sweep), "1 variant x 1 seed = 1 trial");
}

TEST(WordsTest, CountsOfNothingAreLeftOut) {
  EXPECT_EQ(CountsText(MakeSweep(v1::Sweep::STATE_RUNNING, 5, 2, 4, 1).trial_counts()),
            "4 succeeded, 1 failed, 2 running, 5 waiting");
  EXPECT_EQ(CountsText({}), "");
}

}  // namespace
}  // namespace adares::client
