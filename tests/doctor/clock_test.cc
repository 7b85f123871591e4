#include "doctor/clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sparkify {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;

TEST(Clock, ANetworksDelayIsNoOffset) {
  for (const std::int64_t offset : {std::int64_t{0}, 10 * kSecond, -10 * kSecond, kSecond / 2}) {
    EXPECT_EQ(judge_clock(offset).health, Health::ok) << offset;
  }
}

TEST(Clock, AnOffsetThatS3StillTakesIsAWarning) {
  for (const std::int64_t offset : {11 * kSecond, -11 * kSecond, 15 * kMinute, -15 * kMinute}) {
    const Finding finding = judge_clock(offset);
    EXPECT_EQ(finding.health, Health::warn) << offset;
    EXPECT_THAT(finding.detail, HasSubstr(offset > 0 ? "ahead of S3's" : "behind S3's"));
    EXPECT_THAT(finding.fix, HasSubstr("clock"));
  }
  EXPECT_THAT(judge_clock(11 * kSecond).detail, HasSubstr("11 s ahead"));
  EXPECT_THAT(judge_clock(-5 * kMinute).detail, HasSubstr("5 min behind"));
}

TEST(Clock, AnOffsetThatS3RefusesFails) {
  for (const std::int64_t offset : {15 * kMinute + kSecond, -15 * kMinute - kSecond}) {
    EXPECT_EQ(judge_clock(offset).health, Health::fail) << offset;
  }
  EXPECT_THAT(judge_clock(26 * 60 * kMinute).detail, HasSubstr("26 h ahead"));
}

}  // namespace
}  // namespace sparkify
