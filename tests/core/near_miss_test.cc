// Suggestions for misspelt words.
#include "core/near_miss.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

const std::vector<std::string> kWords = {"epochs", "batch_size", "lr", "momentum"};

TEST(NearMissTest, FindsInsertedDroppedReplacedAndSwappedLetters) {
  EXPECT_EQ(NearMiss("epoochs", kWords), "epochs");
  EXPECT_EQ(NearMiss("epoch", kWords), "epochs");
  EXPECT_EQ(NearMiss("batch-size", kWords), "batch_size");
  EXPECT_EQ(NearMiss("rl", kWords), "lr");
}

TEST(NearMissTest, PrefersTheNearest) { EXPECT_EQ(NearMiss("abcd", {"abxx", "abcx"}), "abcx"); }

TEST(NearMissTest, CompletesABeginningThatFitsOneWordOnly) {
  EXPECT_EQ(NearMiss("mom", kWords), "momentum");
  EXPECT_EQ(NearMiss("mo", kWords), std::nullopt);
  EXPECT_EQ(NearMiss("validation/acc", {"validation/loss", "validation/accuracy"}),
            "validation/accuracy");
  EXPECT_EQ(NearMiss("validation", {"validation/loss", "validation/accuracy"}), std::nullopt);
}

TEST(NearMissTest, HasNothingToSayAboutForeignWords) {
  EXPECT_EQ(NearMiss("weights", kWords), std::nullopt);
  EXPECT_EQ(NearMiss(std::string(100'000, 'e'), kWords), std::nullopt);
}

TEST(NearMissTest, MessageListsTheKnownWordsWhereNoneIsNear) {
  EXPECT_EQ(DidYouMean("epoch", kWords), "; did you mean \"epochs\"?");
  EXPECT_EQ(DidYouMean("weights", kWords), "; known are epochs, batch_size, lr, momentum");
}

}  // namespace
}  // namespace adares
