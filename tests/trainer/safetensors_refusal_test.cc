// Files that are wrong in one way each: all are refused, by name and with the cause.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/trainer/safetensors_golden.h"
#include "worker/trainer/safetensors.h"

namespace adares {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Why it is refused; empty where it is not.
std::string Refusal(const std::string& file) {
  const auto parsed = safetensors::Parse({file.begin(), file.end()}, "x.safetensors");
  if (parsed.ok()) return "";
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kDataLoss);
  return std::string(parsed.status().message());
}

std::string LittleEndian(uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string WithHeader(const std::string& header, size_t data_bytes = 0) {
  return LittleEndian(header.size()) + header + std::string(data_bytes, '\x01');
}

// A file of one tensor, "t", and eight bytes.
std::string WithTensor(const std::string& entry) { return WithHeader("{\"t\":" + entry + "}", 8); }

std::string TensorText(const std::string& dtype, const std::string& shape,
                       const std::string& offsets) {
  return R"({"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

TEST(SafetensorsRefusalTest, NothingButTheWholeFileIsAFile) {
  EXPECT_EQ(Refusal(kGoldenFile), "");
  for (size_t length = 0; length < kGoldenFile.size(); ++length) {
    EXPECT_THAT(Refusal(kGoldenFile.substr(0, length)),
                AllOf(HasSubstr("x.safetensors: "), HasSubstr("take another copy")))
        << length;
  }
  EXPECT_THAT(Refusal(kGoldenFile + "x"), HasSubstr("17 bytes behind its header"));
}

TEST(SafetensorsRefusalTest, EveryOtherDigitInTheHeaderIsNoticed) {
  for (size_t i = 0; i < kGoldenHeader.size(); ++i) {
    if (!isdigit(static_cast<unsigned char>(kGoldenHeader[i]))) continue;
    for (char digit = '0'; digit <= '9'; ++digit) {
      if (digit == kGoldenHeader[i]) continue;
      std::string header = kGoldenHeader;
      header[i] = digit;
      EXPECT_NE(Refusal(LittleEndian(header.size()) + header + kGoldenData), "") << header;
    }
  }
}

TEST(SafetensorsRefusalTest, EveryOtherHeaderLengthIsNoticed) {
  for (size_t i = 0; i < 8; ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string file = kGoldenFile;
      if (file[i] == static_cast<char>(byte)) continue;
      file[i] = static_cast<char>(byte);
      EXPECT_NE(Refusal(file), "") << "byte " << i << " is " << byte;
    }
  }
}

TEST(SafetensorsRefusalTest, LengthsAreHeldAgainstTheFile) {
  EXPECT_THAT(Refusal("1234567"), HasSubstr("has 7 bytes"));
  EXPECT_THAT(Refusal(LittleEndian(100'000'001) + "{}"), HasSubstr("at most 100000000"));
  EXPECT_THAT(Refusal(LittleEndian(~uint64_t{0}) + "{}"), HasSubstr("18446744073709551615"));
  EXPECT_THAT(Refusal(LittleEndian(3) + "{}"), HasSubstr("would have 3 bytes, but 2 follow"));
}

TEST(SafetensorsRefusalTest, HeaderMustBeAnObjectOfJson) {
  EXPECT_THAT(Refusal(WithHeader("")), HasSubstr("begins without {"));
  EXPECT_THAT(Refusal(WithHeader(" {}")), HasSubstr("begins without {"));
  EXPECT_THAT(Refusal(WithHeader("\xef\xbb\xbf{}")), HasSubstr("begins without {"));
  EXPECT_THAT(Refusal(WithHeader("[]")), HasSubstr("begins without {"));
  EXPECT_THAT(Refusal(WithHeader("{")), HasSubstr("not JSON"));
  EXPECT_THAT(Refusal(WithHeader("{}}")), HasSubstr("not JSON"));
  EXPECT_THAT(Refusal(WithHeader("{} {}")), HasSubstr("not JSON"));
  EXPECT_THAT(Refusal(WithHeader("{}/**/")), HasSubstr("not JSON"));
  EXPECT_THAT(Refusal(WithHeader(std::string("{}\0", 3))), HasSubstr("zero byte at 2"));
}

TEST(SafetensorsRefusalTest, TextMustBeUtf8) {
  for (const char* bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc3"}) {
    const std::string text(bad);
    EXPECT_THAT(Refusal(WithHeader("{\"__metadata__\":{\"k\":\"" + text + "\"}}")),
                HasSubstr("UTF-8"));
    EXPECT_THAT(
        Refusal(WithHeader("{\"" + text + "\":" + TensorText("\"U8\"", "[0]", "[0,0]") + "}")),
        HasSubstr("UTF-8"));
  }
}

TEST(SafetensorsRefusalTest, NamesAndKeysMustNotRepeat) {
  const std::string tensor = TensorText("\"U8\"", "[0]", "[0,0]");
  EXPECT_THAT(Refusal(WithHeader("{\"t\":" + tensor + ",\"t\":" + tensor + "}")),
              HasSubstr("names \"t\" twice"));
  EXPECT_THAT(Refusal(WithHeader("{\"t\":" + tensor + ",\"\\u0074\":" + tensor + "}")),
              HasSubstr("names \"t\" twice"));
  EXPECT_THAT(Refusal(WithHeader(R"({"__metadata__":{},"__metadata__":{}})")),
              HasSubstr("names \"__metadata__\" twice"));
  EXPECT_THAT(Refusal(WithHeader(R"({"__metadata__":{"k":"a","k":"a"}})")),
              HasSubstr("has \"k\" twice"));
  EXPECT_THAT(Refusal(WithTensor(R"({"dtype":"U8","dtype":"U8")")), HasSubstr("has dtype twice"));
  EXPECT_THAT(Refusal(WithTensor(R"({"shape":[8],"shape":[8])")), HasSubstr("has shape twice"));
  EXPECT_THAT(Refusal(WithTensor(R"({"data_offsets":[0,8],"data_offsets":[0,8])")),
              HasSubstr("has data_offsets twice"));
}

TEST(SafetensorsRefusalTest, MetadataHoldsTextsOnly) {
  for (const char* value : {"1", "-1", "1.5", "null", "true", "[]", "{}"}) {
    EXPECT_THAT(Refusal(WithHeader(R"({"__metadata__":{"k":)" + std::string(value) + "}}")),
                HasSubstr("__metadata__: \"k\" must be a string"));
  }
  EXPECT_THAT(Refusal(WithHeader(R"({"__metadata__":[]})")),
              HasSubstr("must be an object, not a list"));
}

struct WrongTensor {
  std::string entry;
  std::string cause;
};

void ExpectRefusals(const std::vector<WrongTensor>& tensors) {
  for (const WrongTensor& wrong : tensors) {
    EXPECT_THAT(Refusal(WithTensor(wrong.entry)),
                AllOf(HasSubstr("x.safetensors: tensor \"t\": "), HasSubstr(wrong.cause),
                      HasSubstr("take another copy")))
        << wrong.entry;
  }
}

const std::string kU8 = "\"U8\"";

TEST(SafetensorsRefusalTest, TensorsOfWrongFormAreNamed) {
  ExpectRefusals({
      {"1", "must be an object, not a number"},
      {"null", "must be an object, not null"},
      {"[]", "must be an object, not a list"},
      {"{}", "has no dtype"},
      {R"({"dtype":"U8"})", "has no shape"},
      {R"({"dtype":"U8","shape":[8]})", "has no data_offsets"},
      {R"({"offsets":[0,8]})", "unknown key \"offsets\""},
      {TensorText("\"F8_E4M3\"", "[8]", "[0,8]"), "unknown dtype \"F8_E4M3\""},
      {TensorText("\"u8\"", "[8]", "[0,8]"), "unknown dtype \"u8\""},
      {TensorText("8", "[8]", "[0,8]"), "dtype must be a string, not a number"},
      {TensorText("[\"U8\"]", "[8]", "[0,8]"), "dtype must be a string, not a list"},
      {TensorText(kU8, "8", "[0,8]"), "shape must be a list of integers"},
      {TensorText(kU8, "{}", "[0,8]"), "shape must be a list of integers"},
      {TensorText(kU8, "[[8]]", "[0,8]"), "shape must hold integers >= 0, not a list"},
      {TensorText(kU8, "[\"8\"]", "[0,8]"), "not a string"},
      {TensorText(kU8, "[8.0]", "[0,8]"), "not a number with a fraction"},
      {TensorText(kU8, "[8e0]", "[0,8]"), "not a number with a fraction"},
      {TensorText(kU8, "[-8]", "[0,8]"), "not a negative number"},
      {TensorText(kU8, "[8]", "[0]"), "must hold two numbers"},
      {TensorText(kU8, "[8]", "[]"), "must hold two numbers"},
      {TensorText(kU8, "[8]", "[0,8,8]"), "must hold two numbers"},
      {TensorText(kU8, "[8]", "[0,[8]]"), "data_offsets must hold integers >= 0"},
      {TensorText(kU8, "[8]", "[0,{}]"), "not an object"},
      {TensorText(kU8, "[8]", "[-0,8]"), "not a negative number"},
  });
}

TEST(SafetensorsRefusalTest, TensorsWithWrongNumbersAreNamed) {
  ExpectRefusals({
      {TensorText(kU8, "[8]", "[8,0]"), "[8, 0] end before they begin"},
      {TensorText(kU8, "[9]", "[0,9]"), "[0, 9] leave the file, which has 8 bytes"},
      {TensorText(kU8, "[1]", "[18446744073709551614,18446744073709551615]"), "leave the file"},
      {TensorText(kU8, "[8]", "[0,18446744073709551616]"), "too large"},
      {TensorText(kU8, "[7]", "[0,8]"), "span 8 bytes, but dtype U8"},
      {TensorText("\"F32\"", "[8]", "[0,8]"), "make 32"},
      {TensorText(kU8, "[]", "[0,8]"), "make 1"},
      {TensorText(kU8, "[0]", "[0,8]"), "make 0"},
      {TensorText(kU8, "[9223372036854775808]", "[0,8]"), "too large"},
      // Products that are 0 modulo 2^64.
      {TensorText(kU8, "[4294967296,4294967296]", "[0,0]"), "too many elements"},
      {TensorText("\"F64\"", "[2305843009213693952]", "[0,0]"), "too many elements"},
      {TensorText(kU8, "[0,4294967296,4294967296]", "[0,0]"), "too many elements"},
      {TensorText(kU8, "[4294967296,4294967296,0]", "[0,0]"), "too many elements"},
      {TensorText(kU8, "[7]", "[1,8]"), "nothing covers the bytes from 0"},
  });
}

TEST(SafetensorsRefusalTest, EveryByteMustBelongToOneTensor) {
  const auto two = [](const std::string& first, const std::string& second) {
    return Refusal(WithHeader("{\"a\":" + first + ",\"b\":" + second + "}", 8));
  };
  const std::string front = TensorText(kU8, "[4]", "[0,4]");
  EXPECT_EQ(two(front, TensorText(kU8, "[4]", "[4,8]")), "");
  EXPECT_EQ(two(TensorText(kU8, "[4]", "[4,8]"), front), "");
  EXPECT_THAT(two(front, front), AllOf(HasSubstr("\"b\""), HasSubstr("inside of another")));
  EXPECT_THAT(two(front, TensorText(kU8, "[5]", "[3,8]")), HasSubstr("inside of another"));
  EXPECT_THAT(two(front, TensorText(kU8, "[3]", "[5,8]")),
              AllOf(HasSubstr("\"b\""), HasSubstr("nothing covers the bytes from 4")));
  EXPECT_THAT(two(front, TensorText(kU8, "[3]", "[4,7]")), HasSubstr("its tensors end after 7"));
  EXPECT_EQ(two(TensorText(kU8, "[0]", "[8,8]"), TensorText(kU8, "[8]", "[0,8]")), "");
  EXPECT_THAT(two(TensorText(kU8, "[0]", "[2,2]"), TensorText(kU8, "[8]", "[0,8]")),
              HasSubstr("\"a\": begins at byte 2, inside of another"));
}

TEST(SafetensorsRefusalTest, DeepNestingEndsAtOnce) {
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(Refusal(WithTensor(deep)), HasSubstr("must be an object, not a list"));
  EXPECT_THAT(Refusal(WithTensor(R"({"shape":)" + deep)), HasSubstr("must hold integers"));
}

}  // namespace
}  // namespace adares
