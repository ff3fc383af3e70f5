// What people may write for a number, and what adares writes.
#include "core/number_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <ostream>
#include <random>

namespace adares {
namespace {

TEST(NumberTextTest, FloatsMayBeWrittenInAnyUsualWay) {
  for (const char* text : {"0.001", "1e-3", "1E-3", "1.0e-3", "0.1e-2", "10e-4"}) {
    ASSERT_TRUE(ParseNumber(text).ok()) << text;
    EXPECT_EQ(*ParseNumber(text), 0.001) << text;
  }
  EXPECT_EQ(*ParseNumber("-5"), -5.0);
  EXPECT_FALSE(std::signbit(*ParseNumber("-0.0")));
}

struct BadNumber {
  const char* text;
  const char* cause;
};
void PrintTo(const BadNumber& value, std::ostream* out) { *out << value.text; }

class BadNumberTest : public testing::TestWithParam<BadNumber> {};

TEST_P(BadNumberTest, IsRefusedWithItsCause) {
  const auto value = ParseNumber(GetParam().text);
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(std::string(value.status().message()), GetParam().cause);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadNumberTest,
    testing::Values(BadNumber{"", "is not a number"}, BadNumber{"abc", "is not a number"},
                    BadNumber{"nan", "is not a number"}, BadNumber{"inf", "is not a number"},
                    BadNumber{".inf", "is not a number"}, BadNumber{".nan", "is not a number"},
                    BadNumber{".", "is not a number"}, BadNumber{"abc.", "is not a number"},
                    BadNumber{"+fast", "is not a number"}, BadNumber{"a_b", "is not a number"},
                    BadNumber{".5e-3", "has no digit before the point; write 0.5e-3"},
                    BadNumber{"0x10", "is not a number"}, BadNumber{"1e", "is not a number"},
                    BadNumber{"1 ", "is not a number"},
                    BadNumber{"010", "has leading zeros; write 10"},
                    BadNumber{"-01.5", "has leading zeros; write -1.5"},
                    BadNumber{"00", "has leading zeros"},
                    BadNumber{"+1", "has a plus sign; leave it out"},
                    BadNumber{"1_000", "has an underscore; write the digits only"},
                    BadNumber{".5", "has no digit before the point; write 0.5"},
                    BadNumber{"5.", "has no digit after the point"},
                    BadNumber{"1e999", "is too large or too small for a 64-bit float"},
                    BadNumber{"1e-999", "is too large or too small for a 64-bit float"}));

TEST(NumberTextTest, IntegersAreExact) {
  EXPECT_EQ(*ParseInteger("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(*ParseInteger("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  const auto message = [](const char* text) {
    return std::string(ParseInteger(text).status().message());
  };
  EXPECT_EQ(message("9223372036854775808"), "does not fit into 64 bits");
  EXPECT_EQ(message("1e3"), "is not an integer");
  EXPECT_EQ(message("3.0"), "is not an integer");
  EXPECT_EQ(message("007"), "has leading zeros; write 7");
  EXPECT_EQ(message("-"), "is not a number");
}

TEST(NumberTextTest, CanonicalFormIsReadable) {
  EXPECT_EQ(FormatNumber(0.1), "0.1");
  EXPECT_EQ(FormatNumber(128), "128");
  EXPECT_EQ(FormatNumber(1e-4), "0.0001");
  EXPECT_EQ(FormatNumber(1e-5), "0.00001");
  EXPECT_EQ(FormatNumber(1e-6), "1e-6");
  EXPECT_EQ(FormatNumber(1e15), "1000000000000000");
  EXPECT_EQ(FormatNumber(1e16), "1e16");
  EXPECT_EQ(FormatNumber(-2.5e300), "-2.5e300");
  EXPECT_EQ(FormatNumber(-0.0), "0");
}

TEST(NumberTextTest, CanonicalFormReadsBackAsTheSameNumber) {
  std::mt19937_64 random(20240818);
  for (int i = 0; i < 20'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isnormal(value)) continue;
    const std::string text = FormatNumber(value);
    const auto read = ParseNumber(text);
    ASSERT_TRUE(read.ok()) << text;
    ASSERT_EQ(*read, value) << text;
  }
}

}  // namespace
}  // namespace adares
