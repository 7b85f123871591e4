#include "generate/day.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

TEST(Day, KnowsItsStartItsWeekdayAndItsFile) {
  const auto day = Day::parse("2018-11-01");
  ASSERT_TRUE(day.ok());
  EXPECT_EQ(day->start_ms(), 1'541'030'400'000);
  EXPECT_EQ(day->weekday(), 4);  // a Thursday
  EXPECT_EQ(day->log_file_name(), "log_data/2018/11/2018-11-01-events.json");
  EXPECT_EQ(day->plus(30).log_file_name(), "log_data/2018/12/2018-12-01-events.json");
}

TEST(Day, KnowsLeapYears) {
  EXPECT_EQ(Day::parse("2000-02-29")->plus(1).log_file_name(),
            "log_data/2000/03/2000-03-01-events.json");
  EXPECT_FALSE(Day::parse("1900-02-29").ok());
  EXPECT_FALSE(Day::parse("2019-02-29").ok());
}

TEST(Day, ThereIsNothingAfterTheYear9999) {
  EXPECT_TRUE(Day::parse("9999-12-31")->is_in_range());
  EXPECT_FALSE(Day::parse("9999-12-31")->plus(1).is_in_range());
}

TEST(Day, WhatIsNoDayIsRefused) {
  for (const char* text : {"", "2018-13-01", "2018-00-01", "2018-1-1", "2018/11/01", "1969-12-31",
                           "2018-11-01 ", "20x8-11-01", "-018-11-01"}) {
    const auto day = Day::parse(text);
    ASSERT_FALSE(day.ok()) << text;
    EXPECT_EQ(day.error().kind, ErrorKind::usage);
  }
}

}  // namespace
}  // namespace sparkify
