#include "core/checkpoint.h"

#include <gmock/gmock.h>

namespace adares {
namespace {

using testing::HasSubstr;

Checkpoint Good() {
  return {10, 1, CheckpointReason::kPeriodic, {{"model.safetensors", std::string(64, 'a'), 7}}};
}

std::string WhyNot(const Checkpoint& checkpoint) {
  return std::string(CheckCheckpoint(checkpoint).message());
}

TEST(CheckpointTest, ReasonsHaveNames) {
  for (const CheckpointReason reason :
       {CheckpointReason::kPeriodic, CheckpointReason::kOnStop, CheckpointReason::kFinal}) {
    EXPECT_EQ(ParseCheckpointReason(Name(reason)), reason);
  }
  EXPECT_EQ(ParseCheckpointReason("best"), std::nullopt);
}

TEST(CheckpointTest, AHashIsLowerCaseHex) {
  EXPECT_TRUE(IsSha256(std::string(64, '0')));
  EXPECT_FALSE(IsSha256(std::string(63, '0')));
  EXPECT_FALSE(IsSha256(std::string(64, 'A')));
  EXPECT_FALSE(IsSha256(std::string(64, 'g')));
  EXPECT_FALSE(IsSha256("../" + std::string(61, '0')));
}

TEST(CheckpointTest, ANameStaysInItsFolder) {
  EXPECT_TRUE(IsCheckpointFileName("SHA256SUMS"));
  for (const char* name : {"", ".", "..", ".lock", "a/b", "../a", "a b", "\xc3\xa4"}) {
    EXPECT_FALSE(IsCheckpointFileName(name)) << name;
  }
  EXPECT_FALSE(IsCheckpointFileName(std::string(101, 'a')));
}

TEST(CheckpointTest, WhatIsWrongIsNamed) {
  EXPECT_TRUE(CheckCheckpoint(Good()).ok());
  Checkpoint checkpoint = Good();
  checkpoint.step = 0;
  EXPECT_THAT(WhyNot(checkpoint), HasSubstr("step 0"));
  checkpoint = Good();
  checkpoint.files.clear();
  EXPECT_THAT(WhyNot(checkpoint), HasSubstr("0 files"));
  checkpoint.files.resize(kMaxCheckpointFiles + 1);
  EXPECT_THAT(WhyNot(checkpoint), HasSubstr("17 files"));
  checkpoint = Good();
  checkpoint.files.push_back(checkpoint.files[0]);
  EXPECT_THAT(WhyNot(checkpoint), HasSubstr("two files are named model.safetensors"));
  checkpoint = Good();
  checkpoint.files[0].name = "../model";
  EXPECT_THAT(WhyNot(checkpoint), HasSubstr("is no name of a file"));
  checkpoint = Good();
  checkpoint.files[0].sha256 = "abc";
  EXPECT_THAT(WhyNot(checkpoint), HasSubstr("64 lower-case hex digits"));
  checkpoint = Good();
  checkpoint.files[0].size_bytes = -1;
  EXPECT_THAT(WhyNot(checkpoint), HasSubstr("size of model.safetensors is -1"));
}

}  // namespace
}  // namespace adares
