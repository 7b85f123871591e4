#include "transform/time_parts.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sparkify {
namespace {

std::int64_t micros_of(int year, unsigned month, unsigned day, int hour = 0) {
  using namespace std::chrono;
  const sys_days date = std::chrono::year(year) / month / day;
  return duration_cast<microseconds>(date.time_since_epoch() + hours(hour)).count();
}

void expect_parts(std::int64_t micros, const TimeParts& expected) {
  const TimeParts parts = time_parts(micros);
  EXPECT_EQ(parts.hour, expected.hour);
  EXPECT_EQ(parts.day, expected.day);
  EXPECT_EQ(parts.week, expected.week);
  EXPECT_EQ(parts.month, expected.month);
  EXPECT_EQ(parts.year, expected.year);
  EXPECT_EQ(parts.weekday, expected.weekday);
}

TEST(TimeParts, AreThoseOfTheCalendarInUtc) {
  expect_parts(micros_of(2018, 11, 1, 21) + 796000, {21, 1, 44, 11, 2018, 4});
  expect_parts(0, {0, 1, 1, 1, 1970, 4});
  expect_parts(253402300799999000, {23, 31, 52, 12, 9999, 5});
  expect_parts(micros_of(2020, 2, 29), {0, 29, 9, 2, 2020, 6});
}

TEST(TimeParts, WeeksAreThoseOfIso8601) {
  expect_parts(micros_of(2016, 1, 3), {0, 3, 53, 1, 2016, 0});     // still in 2015's last week
  expect_parts(micros_of(2018, 12, 31), {0, 31, 1, 12, 2018, 1});  // in 2019's first week
  expect_parts(micros_of(2021, 1, 1), {0, 1, 53, 1, 2021, 5});
  expect_parts(micros_of(2021, 1, 4), {0, 4, 1, 1, 2021, 1});
}

TEST(AddTimeRow, HasTheColumnsOfTheTable) {
  Batch batch(time_schema());
  add_time_row(batch, micros_of(2018, 11, 4, 7));
  ASSERT_EQ(batch.row_count(), 1U);
  const std::int64_t expected[] = {micros_of(2018, 11, 4, 7), 7, 4, 44, 11, 2018, 0};
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(batch.column(i).integers.at(0), expected[i]) << i;
}

}  // namespace
}  // namespace sparkify
