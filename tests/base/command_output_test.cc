#include "base/command_output.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

namespace sparkify {
namespace {

std::string output_of(const std::string& script, const CommandLimits& limits = {}) {
  const auto output = command_output({"/bin/sh", "-c", script}, limits);
  return output.ok() ? output->reveal() : "error: " + output.error().message;
}

TEST(CommandOutput, IsWhatTheProgramPrints) {
  EXPECT_EQ(output_of("printf 'a\\nb\\n'"), "a\nb\n");
  EXPECT_EQ(output_of("cat"), "") << "there is nothing on stdin";
}

// It may need credentials of AWS; the database's password it is to find out.
TEST(CommandOutput, TheProgramHasOurEnvironmentButForTheDatabasesPassword) {
  setenv("SPARKIFY_DB_PASSWORD", "hidden", 1);
  setenv("PGPASSWORD", "hidden", 1);
  setenv("PGPASSWORDS", "shown", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "shown too", 1);
  const std::string found = output_of("env");
  for (const char* name :
       {"SPARKIFY_DB_PASSWORD", "PGPASSWORD", "PGPASSWORDS", "AWS_SECRET_ACCESS_KEY"}) {
    unsetenv(name);
  }
  EXPECT_EQ(found.find("hidden"), found.npos);
  EXPECT_NE(found.find("PGPASSWORDS=shown\n"), found.npos);
  EXPECT_NE(found.find("AWS_SECRET_ACCESS_KEY=shown too\n"), found.npos);
}

TEST(CommandOutput, ItsStderrIsOursOnlyWhereItIsAskedFor) {
  CommandLimits limits;
  testing::internal::CaptureStderr();
  EXPECT_EQ(output_of("echo why >&2", limits), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  limits.shows_stderr = true;
  testing::internal::CaptureStderr();
  EXPECT_EQ(output_of("echo why >&2", limits), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "why\n");
}

TEST(CommandOutput, IsBoundedInTimeAndSize) {
  CommandLimits limits;
  limits.timeout_s = 0.2;
  limits.bytes_max = 100;
  EXPECT_EQ(output_of("sleep 30", limits), "error: /bin/sh was not done after 0.2 s");
  EXPECT_EQ(output_of("head -c 100 /dev/zero | tr '\\0' x", limits), std::string(100, 'x'));
  EXPECT_EQ(output_of("head -c 101 /dev/zero", limits),
            "error: /bin/sh printed more than 100 bytes");
}

TEST(CommandOutput, AStopEndsTheProgram) {
  StopFlag stop;
  stop.request(2);
  CommandLimits limits;
  limits.stop = &stop;
  const auto output = command_output({"/bin/sh", "-c", "sleep 30"}, limits);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().kind, ErrorKind::stopped);
}

}  // namespace
}  // namespace sparkify
