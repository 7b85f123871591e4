#include "generate/waiting.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

TEST(Waiting, IsMostlyShorterThanItsMeanAndAtTimesMuchLonger) {
  Random random(1, RandomPurpose::sessions);
  std::int64_t sum = 0;
  int below_mean = 0;
  int over_four_means = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t waiting = draw_waiting(random, 5'000);
    ASSERT_GE(waiting, 0);
    ASSERT_LE(waiting, 30'000);
    sum += waiting;
    below_mean += waiting < 5'000 ? 1 : 0;
    over_four_means += waiting > 20'000 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(sum) / 20'000, 5'000, 150);
  EXPECT_NEAR(below_mean, 20'000 * 0.632, 300);  // 1 - 1/e
  EXPECT_NEAR(over_four_means, 20'000 * 0.025, 120);
}

TEST(Waiting, ForNothingIsNothing) {
  Random random(1, RandomPurpose::sessions);
  EXPECT_EQ(draw_waiting(random, 0), 0);
}

}  // namespace
}  // namespace sparkify
