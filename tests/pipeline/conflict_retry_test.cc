#include "pipeline/conflict_retry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace sparkify {
namespace {

using ::testing::HasSubstr;

Status conflict() { return make_error(ErrorKind::conflict, "deadlock"); }

TEST(RetryConflicts, TriesAgainUntilItSucceeds) {
  const StopFlag stop;
  int tries = 0;
  EXPECT_TRUE(retry_conflicts(stop, [&] { return ++tries < 3 ? conflict() : Status(); }).ok());
  EXPECT_EQ(tries, 3);
}

TEST(RetryConflicts, OtherErrorsAreNotTriedAgain) {
  const StopFlag stop;
  int tries = 0;
  const Status done = retry_conflicts(stop, [&]() -> Status {
    ++tries;
    return make_error(ErrorKind::database, "disk full");
  });
  EXPECT_EQ(done.error().kind, ErrorKind::database);
  EXPECT_EQ(tries, 1);
}

TEST(RetryConflicts, GivesUpAfterABoundedNumberAndSaysSo) {
  const StopFlag stop;
  int tries = 0;
  const Status done = retry_conflicts(stop, [&] {
    ++tries;
    return conflict();
  });
  EXPECT_EQ(done.error().kind, ErrorKind::conflict);
  EXPECT_EQ(tries, 6);
  EXPECT_THAT(done.error().message, HasSubstr("tried 6 times"));
}

TEST(RetryConflicts, AStopRequestEndsTheTrying) {
  StopFlag stop;
  int tries = 0;
  const Status done = retry_conflicts(stop, [&] {
    ++tries;
    stop.request(SIGTERM);
    return conflict();
  });
  EXPECT_EQ(done.error().kind, ErrorKind::stopped);
  EXPECT_EQ(tries, 1);
}

}  // namespace
}  // namespace sparkify
