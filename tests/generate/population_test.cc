#include "generate/population.h"

#include <gtest/gtest.h>

#include "generate/day.h"

namespace sparkify {
namespace {

constexpr std::int64_t kStartMs = 1'541'030'400'000;  // 2018-11-01

TEST(Population, UsersRegisterInTheOrderOfTheirNumbersFromTheOpeningToTheEnd) {
  const PopulationTime time{kStartMs, 90};
  const Population population(1, 500, time);
  std::int64_t last_ms = kStartMs - time.days_before() * kDayMs;
  int before_the_logs = 0;
  for (std::int32_t i = 0; i < 500; ++i) {
    const User& user = population.user(i);
    EXPECT_GE(user.registered_ms, last_ms);
    EXPECT_EQ(user.registration_json, std::to_string(user.registered_ms) + ".0");
    last_ms = user.registered_ms;
    before_the_logs += user.registered_ms < kStartMs ? 1 : 0;
  }
  EXPECT_LT(last_ms, kStartMs + 90 * kDayMs);
  EXPECT_NEAR(before_the_logs, 500 * 45 / 135, 3);
}

TEST(Population, SomebodyIsThereWhenTheLogsBegin) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_LT(Population(seed, 1, {kStartMs, 36'525}).user(0).registered_ms, kStartMs);
  }
}

TEST(Population, OnlyWhoMayPayHasThePaidLevel) {
  const Population population(1, 2'000, {kStartMs, 30});
  int paid = 0;
  for (std::int32_t i = 0; i < 2'000; ++i) {
    const User& user = population.user(i);
    paid += user.first_level == Level::paid ? 1 : 0;
    EXPECT_TRUE(user.may_pay || user.first_level == Level::free);
  }
  EXPECT_GT(paid, 100);
}

}  // namespace
}  // namespace sparkify
