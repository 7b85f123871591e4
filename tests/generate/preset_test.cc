#include "generate/preset.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

TEST(Preset, AYearHasTwentyFourThousandEventsADay) {
  const auto year = preset("year");
  ASSERT_TRUE(year.has_value());
  EXPECT_EQ(year->days, 365);
  EXPECT_EQ(year->events, 24'000 * 365);
  EXPECT_TRUE(year->faults.empty());
}

TEST(Preset, EachIsLargerThanTheOneBefore) {
  std::int64_t before = 0;
  for (const char* name : {"tiny", "demo", "month", "year"}) {
    const auto options = preset(name);
    ASSERT_TRUE(options.has_value()) << name;
    EXPECT_GT(options->events, before) << name;
    before = options->events;
  }
  EXPECT_EQ(preset_names(), "tiny, demo, month, year");
}

TEST(Preset, AnotherNameHasNone) {
  EXPECT_FALSE(preset("").has_value());
  EXPECT_FALSE(preset("Tiny").has_value());
}

}  // namespace
}  // namespace sparkify
