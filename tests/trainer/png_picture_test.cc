// PNG files of every kind that is taken, and files that lie.
#include "worker/trainer/png_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/trainer/png_bytes.h"

namespace adares {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::span<const uint8_t> Span(const std::string& bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

// The shape as the file tells it, and the pixels.
struct Picture {
  ImageShape shape;
  std::vector<uint8_t> pixels;
};

absl::StatusOr<Picture> Decode(const std::string& bytes) {
  const auto shape = ReadPngShape("a.png", Span(bytes));
  if (!shape.ok()) return shape.status();
  Picture picture{*shape, std::vector<uint8_t>(static_cast<size_t>(shape->Bytes()))};
  const absl::Status status = DecodePng("a.png", Span(bytes), *shape, picture.pixels.data());
  if (!status.ok()) return status;
  return picture;
}

std::string Error(const std::string& bytes) {
  const auto picture = Decode(bytes);
  if (picture.ok()) return "no error";
  EXPECT_EQ(picture.status().code(), absl::StatusCode::kDataLoss);
  return std::string(picture.status().message());
}
std::string Error(const Png& png) { return Error(PngBytes(png)); }

TEST(PngPictureTest, GreyAndColouredBytesComeAsTheyAre) {
  const auto grey = Decode(PngBytes(GreyPng(3)));
  ASSERT_TRUE(grey.ok()) << grey.status();
  EXPECT_EQ(grey->shape, (ImageShape{1, 8, 8}));
  EXPECT_EQ(grey->pixels, GreyPng(3).rows);
  const auto colour = Decode(PngBytes(ColourPng(7)));
  ASSERT_TRUE(colour.ok()) << colour.status();
  EXPECT_EQ(colour->shape, (ImageShape{3, 8, 8}));
  EXPECT_EQ(colour->pixels, ColourPng(7).rows);
}

TEST(PngPictureTest, InterlacedPicturesAreTheSamePictures) {
  for (Png png : {GreyPng(3), ColourPng(7)}) {
    png.interlace = 1;
    const auto picture = Decode(PngBytes(png));
    ASSERT_TRUE(picture.ok()) << picture.status();
    EXPECT_EQ(picture->pixels, png.rows);
  }
  Png palette = GreyPng(0);
  palette.colour = 3;
  palette.interlace = 1;
  palette.palette.resize(192);
  for (size_t i = 0; i < 64; ++i) palette.palette[3 * i] = static_cast<uint8_t>(63 - i);
  const auto picture = Decode(PngBytes(palette));
  ASSERT_TRUE(picture.ok()) << picture.status();
  for (size_t i = 0; i < 64; ++i) EXPECT_EQ(picture->pixels[3 * i], 63 - i) << i;
}

TEST(PngPictureTest, WidthAndHeightAreNotMixedUp) {
  Png png = GreyPng(0);
  png.width = 16;
  png.rows.resize(16 * 8, 9);
  const auto picture = Decode(PngBytes(png));
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->shape, (ImageShape{1, 8, 16}));
  EXPECT_EQ(picture->pixels, png.rows);
}

TEST(PngPictureTest, FewerBitsOfGreyAreSpreadOverTheByte) {
  Png png = GreyPng(0);
  png.bits = 2;
  png.rows.assign(16, 0b00'01'10'11);
  const auto picture = Decode(PngBytes(png));
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->shape.channels, 1);
  EXPECT_EQ(std::vector<uint8_t>(picture->pixels.begin(), picture->pixels.begin() + 5),
            (std::vector<uint8_t>{0, 85, 170, 255, 0}));
}

TEST(PngPictureTest, PaletteBecomesColours) {
  Png png = GreyPng(0);
  png.colour = 3;
  png.palette = {1, 2, 3, 40, 50, 60};
  png.rows.assign(64, 0);
  png.rows[1] = 1;
  const auto picture = Decode(PngBytes(png));
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->shape.channels, 3);
  EXPECT_EQ(std::vector<uint8_t>(picture->pixels.begin(), picture->pixels.begin() + 9),
            (std::vector<uint8_t>{1, 2, 3, 40, 50, 60, 1, 2, 3}));
}

// 4 bits too, where two pixels share a byte.
TEST(PngPictureTest, ColourBeyondThePaletteIsRefused) {
  Png png = GreyPng(0);
  png.colour = 3;
  png.palette = {1, 2, 3, 40, 50, 60};
  png.rows.assign(64, 0);
  png.rows[63] = 2;
  EXPECT_EQ(Error(png), "a.png: has a pixel whose colour its palette lacks");
  png.bits = 4;
  png.rows.assign(32, 0x01);
  EXPECT_EQ(Error(png), "no error");
  png.rows[31] = 0x02;
  EXPECT_EQ(Error(png), "a.png: has a pixel whose colour its palette lacks");
}

TEST(PngPictureTest, ProfilesAndGammaChangeNothing) {
  std::string bytes = PngBytes(GreyPng(3));
  const std::string gamma = PngChunk("gAMA", std::string("\0\1\x86\xa0", 4));
  bytes.insert(33, gamma + PngChunk("tEXt", std::string("a\0b", 3)));
  const auto picture = Decode(bytes);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->pixels, GreyPng(3).rows);
}

TEST(PngPictureTest, WhatWouldLoseSomethingIsRefused) {
  Png deep = GreyPng(0);
  deep.bits = 16;
  deep.rows.resize(128);
  EXPECT_EQ(Error(deep), "a.png: has 16 bits a channel; save it with 8");
  Png alpha = ColourPng(0);
  alpha.colour = 6;
  alpha.rows.resize(256);
  EXPECT_THAT(Error(alpha), HasSubstr("save it without transparency"));
  Png transparent = GreyPng(0);
  transparent.transparency = {0, 0};
  EXPECT_THAT(Error(transparent), HasSubstr("save it without transparency"));
}

TEST(PngPictureTest, SidesHaveLimits) {
  Png png = GreyPng(0);
  png.height = 7;
  EXPECT_EQ(Error(png), "a.png: has 8x7 pixels; a side must have 8 to 256");
  png.height = 257;
  EXPECT_THAT(Error(png), HasSubstr("8x257"));
  png.height = png.width = 1'000'000;
  EXPECT_THAT(Error(png), HasSubstr("1000000x1000000"));
  png.height = png.width = 256;
  png.rows.assign(256 * 256, 1);
  EXPECT_EQ(Error(png), "no error");
}

TEST(PngPictureTest, OtherFilesAreRefused) {
  for (const std::string bytes : {"", "\x89PNG", "GIF89a and something more than that"}) {
    EXPECT_EQ(Error(bytes), "a.png: is no PNG file");
  }
}

TEST(PngPictureTest, EveryTruncationIsRefused) {
  const std::string bytes = PngBytes(ColourPng(0));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(Error(bytes.substr(0, size)), StartsWith("a.png: ")) << size;
  }
}

// Each chunk has a checksum; so has the signature, in a way.
TEST(PngPictureTest, EveryChangedByteIsRefused) {
  const std::string bytes = PngBytes(ColourPng(0));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_THAT(Error(changed), StartsWith("a.png: ")) << i;
  }
}

TEST(PngPictureTest, MissingRowsAreRefused) {
  Png png = GreyPng(0);
  png.height = 9;
  png.rows.resize(72);
  std::string bytes = PngBytes(png);
  const std::string other = PngBytes(GreyPng(0));
  // The head of nine rows before the data of eight.
  EXPECT_THAT(Error(bytes.substr(0, 33) + other.substr(33)), HasSubstr("cannot be decoded"));
}

TEST(DecodePngTest, OtherShapesAreNamed) {
  std::vector<uint8_t> pixels(192);
  const std::string bytes = PngBytes(GreyPng(0));
  EXPECT_THAT(std::string(DecodePng("b.png", Span(bytes), {3, 8, 8}, pixels.data()).message()),
              AllOf(HasSubstr("b.png: has 8x8 grey pixels"),
                    HasSubstr("the first picture has 8x8 coloured pixels")));
}

}  // namespace
}  // namespace adares
