#include "doctor/clock.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace sparkify {

namespace {

constexpr const char* kName = "clock";
constexpr const char* kFix =
    "set this machine's clock, and let it be kept right (timedatectl set-ntp true)";

std::string span(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min", seconds / kMinute);
  return fmt::format("{} h", seconds / kHour);
}

}  // namespace

Finding judge_clock(std::int64_t offset_us) {
  constexpr double kMicros = 1e6;
  const std::int64_t offset_s = std::llround(static_cast<double>(offset_us) / kMicros);
  const std::int64_t distance_s = std::abs(offset_s);
  if (distance_s <= kClockOffsetGoodS) {
    return fine(kName, fmt::format("within {} s of S3's", kClockOffsetGoodS));
  }
  const std::string how_far =
      fmt::format("{} {} S3's", span(distance_s), offset_s > 0 ? "ahead of" : "behind");
  if (distance_s <= kClockOffsetMaxS) {
    return doubtful(
        kName,
        fmt::format("{}; S3 refuses requests from {} min on", how_far, kClockOffsetMaxS / 60),
        kFix);
  }
  return bad(
      kName,
      fmt::format("{}, and S3 refuses requests from {} min on", how_far, kClockOffsetMaxS / 60),
      kFix);
}

}  // namespace sparkify
