// What kind of volume a folder lies on.
#include "core/volume.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

TEST(VolumeTest, AFolderHasAVolumeWithRoom) {
  const auto volume = VolumeOf("/");
  ASSERT_TRUE(volume.ok()) << volume.status();
  EXPECT_FALSE(volume->file_system.empty());
  EXPECT_GT(volume->total_bytes, 0);
  EXPECT_LE(volume->free_bytes, volume->total_bytes);
}

TEST(VolumeTest, SharedMemoryIsLostAtARestart) {
  const auto volume = VolumeOf("/dev/shm");
  if (!volume.ok() || volume->file_system != "tmpfs") GTEST_SKIP() << "no tmpfs here";
  EXPECT_EQ(volume->kind, VolumeKind::kMemory);
}

TEST(VolumeTest, KindsFollowTheFileSystem) {
  EXPECT_EQ(VolumeOfMagic(0xef53).kind, VolumeKind::kLocal);
  EXPECT_EQ(VolumeOfMagic(0x6969).kind, VolumeKind::kNetwork);
  EXPECT_EQ(VolumeOfMagic(0x6969).file_system, "nfs");
  EXPECT_EQ(VolumeOfMagic(0xff534d42).kind, VolumeKind::kNetwork);
  EXPECT_EQ(VolumeOfMagic(0x65735546).kind, VolumeKind::kUnknown) << "anything may be behind FUSE";
  EXPECT_EQ(VolumeOfMagic(0xabcd).kind, VolumeKind::kUnknown);
  EXPECT_EQ(VolumeOfMagic(0xabcd).file_system, "0xabcd");
}

TEST(VolumeTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(VolumeOf("/no/such/folder").status().code(), absl::StatusCode::kNotFound);
}

TEST(VolumeTest, KindsHaveNames) {
  EXPECT_EQ(Name(VolumeKind::kNetwork), "network");
  EXPECT_EQ(Name(VolumeKind::kUnknown), "unknown");
}

}  // namespace
}  // namespace adares
