#include "generate/day.h"

#include <fmt/format.h>

#include <chrono>

namespace sparkify {

namespace {

constexpr std::int64_t kDayNumberMax = 2'932'896;  // 9999-12-31

/// The number that the digits of `text` make, or -1.
int number_in(std::string_view text) {
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

Result<Day> Day::parse(std::string_view text) {
  const auto refused = [text] {
    return make_error(
        ErrorKind::usage,
        fmt::format("'{}' is no day from 1970-01-01 to 9999-12-31; write YYYY-MM-DD", text));
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return refused();
  const int year = number_in(text.substr(0, 4));
  const int month = number_in(text.substr(5, 2));
  const int day = number_in(text.substr(8, 2));
  if (year < 1970 || month < 1 || day < 1) return refused();
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return refused();
  return Day(std::chrono::sys_days{date}.time_since_epoch().count());
}

Day Day::plus(std::int32_t days) const { return Day(number_ + days); }

bool Day::is_in_range() const { return number_ >= 0 && number_ <= kDayNumberMax; }

std::int64_t Day::start_ms() const { return number_ * kDayMs; }

int Day::weekday() const { return static_cast<int>((number_ + 4) % 7); }

std::string Day::log_file_name() const {
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(number_)}}};
  const int year = static_cast<int>(date.year());
  const unsigned month = static_cast<unsigned>(date.month());
  const unsigned day = static_cast<unsigned>(date.day());
  return fmt::format("log_data/{:04}/{:02}/{:04}-{:02}-{:02}-events.json", year, month, year, month,
                     day);
}

}  // namespace sparkify
