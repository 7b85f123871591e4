#pragma once

#include <cstdint>

#include "generate/random.h"

namespace sparkify {

/// How long it takes until something happens that may happen at any time: `mean` on the average,
/// mostly less, at times six times as long (an exponential distribution, cut off there). `mean` is
/// from 0 to 100 million.
std::int64_t draw_waiting(Random& random, std::int64_t mean);

}  // namespace sparkify
