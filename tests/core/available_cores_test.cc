// Cores by affinity, and by the files of control groups.
#include "core/available_cores.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "tests/fixtures/temp_folder.h"

namespace adares {
namespace {

// Leaves the calling thread the first of its cores alone.
void KeepOneCore() {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  int first = 0;
  while (!CPU_ISSET(first, &allowed)) ++first;
  CPU_ZERO(&allowed);
  CPU_SET(first, &allowed);
  ASSERT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
}

TEST(AvailableCoresTest, TheAffinityMaskCounts) {
  int cores = 0;
  std::thread([&cores] {
    KeepOneCore();
    cores = AvailableCores();
  }).join();
  EXPECT_EQ(cores, 1);
}

class CoresByQuotaTest : public testing::Test {
 protected:
  void Write(const std::string& file, const std::string& text) const {
    fixtures::WriteTextFile(root_ / file, text);
  }

  fixtures::TempFolder root_;
};

TEST_F(CoresByQuotaTest, Version2RoundsUp) {
  Write("service/cpu.max", "150000 100000\n");
  EXPECT_EQ(CoresByQuota("0::/service\n", root_.path()), 2);
  Write("service/cpu.max", "200000 100000\n");
  EXPECT_EQ(CoresByQuota("0::/service\n", root_.path()), 2);
  Write("service/cpu.max", "10000 100000\n");
  EXPECT_EQ(CoresByQuota("0::/service\n", root_.path()), 1);
}

TEST_F(CoresByQuotaTest, GroupsAboveCountToo) {
  Write("cpu.max", "800000 100000\n");
  Write("slice/cpu.max", "300000 100000\n");
  Write("slice/service/cpu.max", "max 100000\n");
  EXPECT_EQ(CoresByQuota("0::/slice/service\n", root_.path()), 3);
  EXPECT_EQ(CoresByQuota("0::/\n", root_.path()), 8);
}

TEST_F(CoresByQuotaTest, Version1HasTwoFiles) {
  const std::string membership = "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n";
  Write("cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1\n");
  Write("cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CoresByQuota(membership, root_.path()), 0);
  Write("cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n");
  EXPECT_EQ(CoresByQuota(membership, root_.path()), 3);
}

TEST_F(CoresByQuotaTest, AContainerSeesItsOwnGroupAsTheRoot) {
  Write("cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
  Write("cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CoresByQuota("4:cpu,cpuacct:/docker/abc\n", root_.path()), 2);
  Write("cpu.max", "100000 100000\n");
  EXPECT_EQ(CoresByQuota("0::/../outside\n", root_.path()), 1);
}

TEST_F(CoresByQuotaTest, NothingAndNonsenseAreNoLimit) {
  EXPECT_EQ(CoresByQuota("", root_.path()), 0);
  EXPECT_EQ(CoresByQuota("nonsense\n0::/gone\n4:cpu:/gone\n", root_.path()), 0);
  Write("cpu.max", "many few\n");
  EXPECT_EQ(CoresByQuota("0::/\n", root_.path()), 0);
}

}  // namespace
}  // namespace adares
