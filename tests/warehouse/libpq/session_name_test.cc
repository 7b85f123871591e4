#include "warehouse/libpq/session_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sparkify::libpq {
namespace {

TEST(DescribeSession, TellsProcessHostAndStart) {
  EXPECT_EQ(describe_session("sparkify 4711@loader-1 20261122T203445Z"),
            "process 4711 on loader-1, started 2026-11-22 20:34:45 UTC");
}

TEST(DescribeSession, LeavesOtherNamesAsTheyAre) {
  for (const char* name : {"psql", "", "sparkify", "sparkify 1@h", "sparkify 1 20261122T203445Z"}) {
    EXPECT_EQ(describe_session(name), name);
  }
}

TEST(SessionName, FitsWhatPostgresqlKeepsAndReadsBack) {
  EXPECT_LE(session_name().size(), 63U);
  EXPECT_THAT(describe_session(session_name()), ::testing::StartsWith("process "));
}

TEST(IsOfDeadProcess, IsOnlySaidOfThisHostsProcesses) {
  const std::string own = session_name();
  EXPECT_FALSE(is_of_dead_process(own));
  const std::string there = own.substr(own.find('@'));
  EXPECT_TRUE(is_of_dead_process("sparkify 4194304" + there));  // past the highest pid there is
  EXPECT_FALSE(is_of_dead_process("sparkify 4194304@other 20261122T203445Z"));
  EXPECT_FALSE(is_of_dead_process("sparkify x" + there));
  EXPECT_FALSE(is_of_dead_process("psql"));
}

}  // namespace
}  // namespace sparkify::libpq
