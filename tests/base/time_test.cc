#include "base/time.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace sparkify {
namespace {

constexpr std::int64_t kMilli = 1000;

TEST(FormatTime, ShowsMillisecondsInUtc) {
  EXPECT_EQ(format_time(0), "1970-01-01 00:00:00.000");
  EXPECT_EQ(format_time(1541990217796 * kMilli), "2018-11-12 02:36:57.796");
  EXPECT_EQ(format_time(951782400000 * kMilli), "2000-02-29 00:00:00.000");
}

TEST(FormatTime, CutsMicroseconds) {
  EXPECT_EQ(format_time(999), "1970-01-01 00:00:00.000");
  EXPECT_EQ(format_time(1999), "1970-01-01 00:00:00.001");
}

TEST(FormatTime, GoesToTheEndOfTheYear9999) {
  EXPECT_EQ(format_time(253402300799999 * kMilli), "9999-12-31 23:59:59.999");
}

TEST(FormatTime, ShowsTimesBefore1970) {
  EXPECT_EQ(format_time(-1), "1969-12-31 23:59:59.999");
  EXPECT_EQ(format_time(-62135596800000 * kMilli), "0001-01-01 00:00:00.000");
}

TEST(NowMicros, IsAfterThisWasWrittenAndInMicroseconds) {
  EXPECT_GT(now_micros(), 1700000000000 * kMilli);
  EXPECT_LT(now_micros(), 253402300799999 * kMilli);
}

TEST(MonotonicSeconds, NeverGoesBack) {
  double last = monotonic_seconds();
  for (int i = 0; i < 1000; ++i) {
    const double next = monotonic_seconds();
    EXPECT_GE(next, last);
    last = next;
  }
}

// What waits in the pipeline waits by this clock, so that simulated runs take no time.
TEST(UseTimeSource, TakesTheClocksPlaceUntilItIsTakenBack) {
  struct Stopped : TimeSource {
    std::int64_t now_micros() override { return 5; }
    double monotonic_seconds() override { return slept.count() / 1e3; }
    void sleep(std::chrono::milliseconds time) override { slept += time; }
    std::chrono::duration<double, std::milli> slept{0};
  } stopped;
  const std::int64_t before = now_micros();
  use_time_source(&stopped);
  sleep_for(std::chrono::hours(1));
  const std::int64_t simulated = now_micros();
  const double seconds = monotonic_seconds();
  use_time_source(nullptr);
  EXPECT_EQ(simulated, 5);
  EXPECT_EQ(seconds, 3600);
  EXPECT_GE(now_micros(), before);
}

}  // namespace
}  // namespace sparkify
