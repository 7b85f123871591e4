#include "transform/time_parts.h"

#include <chrono>

namespace sparkify {

namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// The week of a day is that of its Thursday, counted in the Thursday's year.
int iso_week(sys_days day) {
  const unsigned from_monday = std::chrono::weekday(day).iso_encoding() - 1;
  const sys_days thursday = day - days(from_monday) + days(3);
  const std::chrono::year year = std::chrono::year_month_day(thursday).year();
  const sys_days new_year = sys_days(year / std::chrono::January / 1);
  return static_cast<int>((thursday - new_year).count() / 7) + 1;
}

}  // namespace

TimeParts time_parts(std::int64_t micros) {
  const std::chrono::sys_time<std::chrono::microseconds> moment{std::chrono::microseconds(micros)};
  const sys_days day = std::chrono::floor<days>(moment);
  const std::chrono::year_month_day date(day);
  TimeParts parts;
  parts.hour =
      static_cast<int>(std::chrono::duration_cast<std::chrono::hours>(moment - day).count());
  parts.day = static_cast<int>(static_cast<unsigned>(date.day()));
  parts.week = iso_week(day);
  parts.month = static_cast<int>(static_cast<unsigned>(date.month()));
  parts.year = static_cast<int>(date.year());
  parts.weekday = static_cast<int>(std::chrono::weekday(day).c_encoding());
  return parts;
}

void add_time_row(Batch& batch, std::int64_t micros) {
  const TimeParts parts = time_parts(micros);
  batch.add_integer(0, micros);
  std::size_t column = 1;
  for (const int part :
       {parts.hour, parts.day, parts.week, parts.month, parts.year, parts.weekday}) {
    batch.add_integer(column++, part);
  }
  batch.end_row();
}

}  // namespace sparkify
