#pragma once

#include <cstdint>

#include "record/batch.h"

namespace sparkify {

/// The parts of a moment as the table `time` has them, UTC.
struct TimeParts {
  int hour = 0;     ///< 0 to 23
  int day = 0;      ///< 1 to 31
  int week = 0;     ///< ISO 8601, 1 to 53
  int month = 0;    ///< 1 to 12
  int year = 0;     ///< of the calendar
  int weekday = 0;  ///< 0 is Sunday, 6 is Saturday
};

/// `micros` since 1970-01-01 UTC.
TimeParts time_parts(std::int64_t micros);

/// Adds a row of time_schema().
void add_time_row(Batch& batch, std::int64_t micros);

}  // namespace sparkify
