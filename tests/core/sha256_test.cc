// The hash behind ids, against the examples of FIPS 180-2.
#include "core/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace adares {
namespace {

TEST(Sha256Test, HasTheValuesOfTheStandard) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, PiecesHaveTheHashOfTheWhole) {
  const std::string text(1000, 'x');
  for (const size_t cut : {0, 1, 63, 64, 65, 1000}) {
    Sha256 pieces;
    pieces.Add(std::string_view(text).substr(0, cut));
    pieces.Add(std::string_view(text).substr(cut));
    EXPECT_EQ(pieces.Hex(), Sha256Hex(text)) << cut;
  }
  EXPECT_EQ(Sha256().Hex(), Sha256Hex(""));
}

}  // namespace
}  // namespace adares
