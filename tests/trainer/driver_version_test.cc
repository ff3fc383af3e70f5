// Versions in the words of NVIDIA's kernel module.
#include "worker/trainer/driver_version.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

TEST(DriverVersionTest, IsTheNumberBehindTheModulesName) {
  EXPECT_EQ(
      DriverVersionIn("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 "
                      "01:15:15 UTC 2023\nGCC version:  gcc version 12.2.0\n"),
      "535.104.05");
  EXPECT_EQ(DriverVersionIn("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  "
                            "Release Build  (dvs-builder)\n"),
            "550.54.15");
}

TEST(DriverVersionTest, IsUnknownWithoutModule) {
  EXPECT_EQ(DriverVersionIn(""), "unknown");
  EXPECT_EQ(DriverVersionIn("NVRM version: NVIDIA UNIX x86_64 Kernel Module"), "unknown");
  EXPECT_EQ(DriverVersionIn("GCC version:  gcc version 12.2.0\nKernel Module 1.0"), "unknown");
}

}  // namespace
}  // namespace adares
