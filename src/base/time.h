#pragma once

#include <cstdint>
#include <string>

namespace sparkify {

/// Microseconds since 1970-01-01 UTC.
std::int64_t now_micros();

/// `YYYY-MM-DD HH:MM:SS.mmm` in UTC; further digits are cut.
std::string format_time(std::int64_t micros);

/// A clock that never goes back, in seconds, from an arbitrary start.
double monotonic_seconds();

}  // namespace sparkify
