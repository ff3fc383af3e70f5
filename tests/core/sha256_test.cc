// The hash behind ids, against the examples of FIPS 180-2.
#include "core/sha256.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

TEST(Sha256Test, HasTheValuesOfTheStandard) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, PiecesAreAsGoodAsTheWhole) {
  Sha256 sha256;
  EXPECT_EQ(Sha256().Hex(), Sha256Hex(""));
  for (const char* piece : {"a", "", "bc"}) sha256.Add(piece);
  EXPECT_EQ(sha256.Hex(), Sha256Hex("abc"));
}

}  // namespace
}  // namespace adares
