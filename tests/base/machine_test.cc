#include "base/machine.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace sparkify {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// A root directory of our own, with the files that a kernel would show.
class MachineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/machine_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    given("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree:          100 kB\n");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void given(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::uint64_t memory_mib() const { return read_machine(root_).memory_bytes / kMiB; }
  unsigned processors() const { return read_machine(root_).processors; }

  std::string root_;
};

TEST_F(MachineTest, WithoutCgroupsAllMemoryOfTheMachineCounts) { EXPECT_EQ(memory_mib(), 8192U); }

TEST_F(MachineTest, OurCgroupLimitsMemory) {
  given("/proc/self/cgroup", "0::/service/one\n");
  given("/sys/fs/cgroup/service/one/memory.max", "1073741824\n");
  EXPECT_EQ(memory_mib(), 1024U);
}

TEST_F(MachineTest, ACgroupAboveOursLimitsMemoryToo) {
  given("/proc/self/cgroup", "0::/service/one\n");
  given("/sys/fs/cgroup/service/one/memory.max", "max\n");
  given("/sys/fs/cgroup/service/memory.max", "536870912\n");
  EXPECT_EQ(memory_mib(), 512U);
}

TEST_F(MachineTest, InsideAContainerTheTopOfTheMountLimitsMemory) {
  given("/proc/self/cgroup", "0::/docker/not-mounted-here\n");
  given("/sys/fs/cgroup/memory.max", "268435456\n");
  EXPECT_EQ(memory_mib(), 256U);
}

TEST_F(MachineTest, APathThatLeadsOutOfTheMountIsNotFollowed) {
  given("/proc/self/cgroup", "0::/../../elsewhere\n");
  given("/sys/elsewhere/memory.max", "1\n");
  given("/sys/fs/cgroup/memory.max", "268435456\n");
  EXPECT_EQ(memory_mib(), 256U);
}

TEST_F(MachineTest, VersionOneLimitsMemory) {
  given("/proc/self/cgroup", "12:cpu,cpuacct:/a\n4:memory:/docker/abc\n0::/\n");
  given("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "2147483648\n");
  given("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory_mib(), 2048U);
}

TEST_F(MachineTest, ALimitAboveTheMachineDoesNotCount) {
  given("/proc/self/cgroup", "0::/\n");
  given("/sys/fs/cgroup/memory.max", "1099511627776\n");
  EXPECT_EQ(memory_mib(), 8192U);
}

TEST_F(MachineTest, UnknownMemoryIsZero) {
  given("/proc/meminfo", "nothing here\n");
  EXPECT_EQ(memory_mib(), 0U);
  given("/proc/self/cgroup", "4:memory:/\n");
  given("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory_mib(), 0U);
}

TEST_F(MachineTest, AQuotaLimitsProcessorsAndIsRoundedUp) {
  given("/proc/self/cgroup", "0::/service\n");
  given("/sys/fs/cgroup/service/cpu.max", "100000 100000\n");
  EXPECT_EQ(processors(), 1U);
  given("/sys/fs/cgroup/service/cpu.max", "1000 100000\n");
  EXPECT_EQ(processors(), 1U);
  given("/sys/fs/cgroup/service/cpu.max", "100001 100000\n");
  EXPECT_EQ(processors(), std::min(2U, read_machine("/no-such-root").processors));
}

TEST_F(MachineTest, AQuotaAboveOurCgroupLimitsProcessorsToo) {
  given("/proc/self/cgroup", "0::/service/one\n");
  given("/sys/fs/cgroup/service/one/cpu.max", "max 100000\n");
  given("/sys/fs/cgroup/service/cpu.max", "50000 100000\n");
  EXPECT_EQ(processors(), 1U);
}

TEST_F(MachineTest, VersionOneQuotaLimitsProcessors) {
  given("/proc/self/cgroup", "3:cpu,cpuacct:/docker/abc\n");
  given("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
  given("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  given("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "-1\n");
  given("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(processors(), 1U);
}

TEST_F(MachineTest, DamagedFilesAreNoLimit) {
  given("/proc/self/cgroup", "no colons\n::\n0::/a\n");
  given("/sys/fs/cgroup/a/cpu.max", "");
  given("/sys/fs/cgroup/a/memory.max", "12 monkeys of 99999999999999999999999\n");
  given("/sys/fs/cgroup/memory.max", "99999999999999999999999\n");
  EXPECT_GE(processors(), 1U);
}

TEST(Machine, ThisOneHasAProcessorAndMemory) {
  const Machine machine = read_machine();
  EXPECT_GE(machine.processors, 1U);
  EXPECT_GT(machine.memory_bytes, kMiB);
}

}  // namespace
}  // namespace sparkify
