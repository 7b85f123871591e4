#pragma once

#include <cstdint>

#include "doctor/finding.h"

namespace sparkify {

/// S3 refuses what was signed at a time that is further from its own.
inline constexpr std::int64_t kClockOffsetMaxS = 15 * 60;
/// More than a network and a header of whole seconds account for.
inline constexpr std::int64_t kClockOffsetGoodS = 10;

/// `offset_us`: how far this machine's clock is ahead of S3's.
Finding judge_clock(std::int64_t offset_us);

}  // namespace sparkify
