#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sparkify {

inline constexpr std::int64_t kDayMs = 86'400'000;

/// A day of the calendar, in UTC, from 1970-01-01 to 9999-12-31.
class Day {
 public:
  /// Reads "YYYY-MM-DD". Errors: `usage`, when that is not a day.
  static Result<Day> parse(std::string_view text);

  Day plus(std::int32_t days) const;
  bool is_in_range() const;
  std::int64_t start_ms() const;  ///< milliseconds since 1970-01-01 UTC
  int weekday() const;            ///< 0 = Sunday .. 6 = Saturday
  /// "log_data/2018/11/2018-11-01-events.json".
  std::string log_file_name() const;

 private:
  explicit Day(std::int64_t number) : number_(number) {}
  std::int64_t number_;  ///< days since 1970-01-01
};

}  // namespace sparkify
