#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sparkify {

/// Microseconds since 1970-01-01 UTC.
std::int64_t now_micros();

/// `YYYY-MM-DD HH:MM:SS.mmm` in UTC; further digits are cut.
std::string format_time(std::int64_t micros);

/// A clock that never goes back, in seconds, from an arbitrary start.
double monotonic_seconds();

/// Lets time pass.
void sleep_for(std::chrono::milliseconds time);

/// What tells the time and lets it pass, for who simulates it.
class TimeSource {
 public:
  virtual ~TimeSource() = default;
  virtual std::int64_t now_micros() = 0;
  virtual double monotonic_seconds() = 0;
  virtual void sleep(std::chrono::milliseconds time) = 0;
};

/// Takes the place of the machine's clocks, for the whole program; nullptr gives it back to them.
/// Must outlive its use, and be safe from several threads.
void use_time_source(TimeSource* source);

}  // namespace sparkify
