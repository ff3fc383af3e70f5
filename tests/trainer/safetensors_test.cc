// The file format, written and read back. What is refused is in safetensors_refusal_test.cc.
#include "worker/trainer/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "tests/fixtures/full_disk.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/safetensors_golden.h"

namespace adares {
namespace {

using safetensors::DType;
using safetensors::Metadata;
using safetensors::TensorView;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr DType kAllDTypes[] = {DType::kBool, DType::kU8,   DType::kI8,  DType::kI16, DType::kU16,
                                DType::kF16,  DType::kBF16, DType::kI32, DType::kU32, DType::kF32,
                                DType::kF64,  DType::kI64,  DType::kU64};

std::string Text(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// The whole file, or why there is none.
std::string Encode(const std::vector<TensorView>& tensors, const Metadata& metadata = {}) {
  const auto layout = safetensors::Arrange(tensors, metadata);
  if (!layout.ok()) return std::string(layout.status().message());
  std::string file = layout->head;
  for (const TensorView& tensor : layout->tensors) file += Text(tensor.bytes);
  return file;
}

absl::StatusOr<safetensors::File> Decode(const std::string& file) {
  return safetensors::Parse({file.begin(), file.end()}, "test");
}

std::vector<TensorView> GoldenTensors() {
  const auto data = Bytes(kGoldenData);
  return {{"w", DType::kF32, {2}, data.subspan(8)}, {"n", DType::kI64, {}, data.first(8)}};
}

TEST(SafetensorsTest, WritesTheGoldenFile) {
  EXPECT_EQ(kGoldenFile.size(), 8u + 144u + 16u);
  EXPECT_EQ(Encode(GoldenTensors(), {{"format", "pt"}}), kGoldenFile);
}

TEST(SafetensorsTest, ReadsTheGoldenFile) {
  const auto file = Decode(kGoldenFile);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->metadata(), (Metadata{{"format", "pt"}}));
  ASSERT_EQ(file->tensors().size(), 2u);
  const TensorView& n = file->tensors()[0];
  EXPECT_EQ(n.name, "n");
  EXPECT_EQ(n.dtype, DType::kI64);
  EXPECT_THAT(n.shape, IsEmpty());
  EXPECT_EQ(Text(n.bytes), kGoldenData.substr(0, 8));
  const TensorView& w = file->tensors()[1];
  EXPECT_EQ(w.name, "w");
  EXPECT_THAT(w.shape, ElementsAre(2));
  float values[2];
  ASSERT_EQ(w.bytes.size(), sizeof(values));
  std::memcpy(values, w.bytes.data(), sizeof(values));
  EXPECT_THAT(values, ElementsAre(1.0f, -2.0f));
}

TEST(SafetensorsTest, AllTypesAndShapesComeBack) {
  std::string bytes(64, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(0xf0 + i);
  const std::vector<std::vector<int64_t>> shapes = {{}, {0}, {3}, {2, 0, 3}, {1, 2, 1, 3}};
  std::vector<TensorView> tensors;
  for (const DType dtype : kAllDTypes) {
    for (size_t i = 0; i < shapes.size(); ++i) {
      const size_t size = *safetensors::TensorBytes(dtype, shapes[i]);
      tensors.push_back({std::string(Name(dtype)) + std::to_string(i), dtype, shapes[i],
                         Bytes(bytes).first(size)});
    }
  }
  const auto file = Decode(Encode(tensors));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->tensors().size(), tensors.size());
  for (const TensorView& wanted : tensors) {
    const auto found = std::find_if(file->tensors().begin(), file->tensors().end(),
                                    [&](const TensorView& t) { return t.name == wanted.name; });
    ASSERT_NE(found, file->tensors().end()) << wanted.name;
    EXPECT_EQ(found->dtype, wanted.dtype) << wanted.name;
    EXPECT_EQ(found->shape, wanted.shape) << wanted.name;
    EXPECT_EQ(Text(found->bytes), Text(wanted.bytes)) << wanted.name;
  }
}

TEST(SafetensorsTest, NamesAndSizesOfTypes) {
  std::vector<size_t> sizes;
  for (const DType dtype : kAllDTypes) {
    EXPECT_EQ(safetensors::ParseDType(Name(dtype)), dtype);
    sizes.push_back(safetensors::ElementBytes(dtype));
  }
  EXPECT_THAT(sizes, ElementsAre(1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8));
  EXPECT_EQ(safetensors::KnownDTypes(),
            "BOOL, U8, I8, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64");
}

TEST(SafetensorsTest, EqualInputInAnyOrderGivesEqualBytes) {
  std::vector<TensorView> tensors = GoldenTensors();
  tensors.push_back({"b", DType::kF32, {0}, {}});
  tensors.push_back({"a", DType::kU8, {3}, Bytes(kGoldenData).first(3)});
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  const std::string first = Encode(tensors);
  do {
    EXPECT_EQ(Encode(tensors), first);
  } while (std::next_permutation(
      tensors.begin(), tensors.end(),
      [](const TensorView& a, const TensorView& b) { return a.name < b.name; }));
  const auto file = Decode(first);
  ASSERT_TRUE(file.ok()) << file.status();
  std::vector<std::string> order;
  for (const TensorView& tensor : file->tensors()) order.push_back(tensor.name);
  EXPECT_THAT(order, ElementsAre("n", "b", "w", "a"));
}

TEST(SafetensorsTest, DataBeginsAtAMultipleOfEight) {
  for (size_t length = 0; length < 16; ++length) {
    const auto layout = safetensors::Arrange({}, {{"key", std::string(length, 'x')}});
    ASSERT_TRUE(layout.ok());
    EXPECT_EQ(layout->head.size() % 8, 0u);
  }
}

TEST(SafetensorsTest, FileWithoutTensorsComesBack) {
  EXPECT_EQ(Encode({}), std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
  const auto file = Decode(Encode({}));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->tensors(), IsEmpty());
  EXPECT_THAT(file->metadata(), IsEmpty());
}

TEST(SafetensorsTest, OddNamesAndTextsComeBack) {
  const std::string odd = "\"quoted\\ \n \x01 \xc3\xa4 \xf0\x9f\x99\x82";
  const auto file = Decode(Encode({{odd, DType::kU8, {0}, {}}, {"", DType::kU8, {0}, {}}},
                                  {{odd, odd}, {"", std::string(1, '\0')}}));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->tensors()[0].name, "");
  EXPECT_EQ(file->tensors()[1].name, odd);
  EXPECT_EQ(file->metadata(), (Metadata{{odd, odd}, {"", std::string(1, '\0')}}));
}

TEST(SafetensorsTest, WhatAReaderWouldRefuseIsNotWritten) {
  const auto data = Bytes(kGoldenData);
  EXPECT_THAT(Encode({{"w", DType::kF32, {3}, data}}),
              AllOf(HasSubstr("\"w\""), HasSubstr("has 16 bytes"), HasSubstr("make 12")));
  EXPECT_THAT(Encode({{"w", DType::kF32, {-4}, data}}), HasSubstr("negative"));
  EXPECT_THAT(Encode({{"w", DType::kF32, {4}, data}, {"w", DType::kF64, {2}, data}}),
              HasSubstr("two tensors \"w\""));
  EXPECT_THAT(Encode({{"__metadata__", DType::kU8, {16}, data}}), HasSubstr("choose another"));
  EXPECT_THAT(Encode({{"\xff", DType::kU8, {16}, data}}), HasSubstr("not UTF-8"));
  EXPECT_THAT(Encode({}, {{"key", "\xff"}}), AllOf(HasSubstr("\"key\""), HasSubstr("not UTF-8")));
}

TEST(SafetensorsFileTest, ComesBackFromTheDisk) {
  const fixtures::TempFolder folder;
  const std::string path = folder / "model.safetensors";
  ASSERT_TRUE(safetensors::WriteFile(path, GoldenTensors(), {{"format", "pt"}}).ok());
  EXPECT_EQ(fixtures::ReadTextFile(path), kGoldenFile);
  auto file = safetensors::ReadFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  const safetensors::File moved = *std::move(file);
  EXPECT_EQ(Text(moved.tensors()[0].bytes), kGoldenData.substr(0, 8));
}

TEST(SafetensorsFileTest, FullDiskKeepsTheOldFile) {
  const fixtures::TempFolder folder;
  const std::string path = folder / "model.safetensors";
  ASSERT_TRUE(safetensors::WriteFile(path, GoldenTensors(), {{"format", "pt"}}).ok());
  const std::string zeros(8192, '\0');
  {
    const fixtures::FullDisk full;
    EXPECT_THAT(
        std::string(
            safetensors::WriteFile(path, {{"w", DType::kU8, {8192}, Bytes(zeros)}}, {}).message()),
        HasSubstr(path));
  }
  EXPECT_EQ(fixtures::ReadTextFile(path), kGoldenFile);
  const std::filesystem::directory_iterator entries(folder.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(SafetensorsFileTest, WhatIsNoFileIsRefused) {
  const fixtures::TempFolder folder;
  EXPECT_EQ(safetensors::ReadFile(folder / "none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(safetensors::ReadFile(folder.path()).status().message()),
              AllOf(HasSubstr(folder.path()), HasSubstr("not a regular file")));
}

}  // namespace
}  // namespace adares
