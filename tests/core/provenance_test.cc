// Which facts of two runs may change their bits.
#include "core/provenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace adares {
namespace {

using testing::HasSubstr;

Provenance Of(const std::string& device_class) {
  return {{"class", device_class}, {"libtorch", "2.6.0"}, {"cuda", "12.4"}, {"train_size", "90"}};
}

constexpr char kGpu[] = "cuda/NVIDIA A100-SXM4-40GB/deterministic";

TEST(ProvenanceTest, EqualRunsHaveNoDifference) {
  EXPECT_EQ(DifferenceInBits(Of("cpu/threads=1"), Of("cpu/threads=1")), "");
  EXPECT_EQ(DifferenceInBits(Of(kGpu), Of(kGpu)), "");
  Provenance sizes = Of(kGpu);
  sizes["train_size"] = "80";  // follows from the specification
  EXPECT_EQ(DifferenceInBits(sizes, Of(kGpu)), "");
}

TEST(ProvenanceTest, AnotherGpuOrCudaIsADifference) {
  EXPECT_EQ(DifferenceInBits(Of("cuda/NVIDIA L4/deterministic"), Of(kGpu)),
            "class is cuda/NVIDIA L4/deterministic, was cuda/NVIDIA A100-SXM4-40GB/deterministic");
  Provenance newer = Of(kGpu);
  newer["cuda"] = "12.6";
  EXPECT_EQ(DifferenceInBits(newer, Of(kGpu)), "cuda is 12.6, was 12.4");
}

TEST(ProvenanceTest, AnotherCommitIsSaidAndMayStillGiveTheSameBits) {
  Provenance now = Of(kGpu);
  now["trainer_commit"] = "1f2e3d4c";
  Provenance then = Of(kGpu);
  EXPECT_EQ(DifferenceInProgram(now, now), "");
  EXPECT_EQ(DifferenceInProgram(then, then), "");
  EXPECT_EQ(DifferenceInProgram(now, then), "trainer_commit is 1f2e3d4c, was unknown");
  then["trainer_commit"] = "90feb30a-dirty";
  EXPECT_EQ(DifferenceInProgram(now, then), "trainer_commit is 1f2e3d4c, was 90feb30a-dirty");
  EXPECT_EQ(DifferenceInBits(now, then), "");
}

TEST(ProvenanceTest, RunsWhoseKernelsAddInAnyOrderAreNeverTheSame) {
  const Provenance any = Of("cuda/NVIDIA L4/not deterministic");
  EXPECT_THAT(DifferenceInBits(any, any), HasSubstr("run adares-trainer with --deterministic"));
}

TEST(ProvenanceTest, RunThatWentOnElsewhereIsADifference) {
  Provenance then = Of("cpu/threads=1");
  then["resumed_from"] = "step 4";
  EXPECT_EQ(DifferenceInBits(Of("cpu/threads=1"), then), "");
  then["resumed_from"] = "step 4, not bit by bit: class is cpu/threads=1, was cpu/threads=2";
  EXPECT_THAT(DifferenceInBits(Of("cpu/threads=1"), then), HasSubstr("it had itself gone on from"));
}

}  // namespace
}  // namespace adares
