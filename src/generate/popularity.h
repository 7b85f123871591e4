#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "generate/random.h"

namespace sparkify {

/// Draws ranks 0..count-1 so that a few come up often and most rarely: rank r has the weight
/// 1 / (r + 8), in whole numbers, so that no rounding differs between machines.
class Popularity {
 public:
  explicit Popularity(std::size_t count);
  /// There must be a rank to draw.
  std::size_t draw(Random& random) const;

 private:
  std::vector<std::uint64_t> upper_bounds_;
};

}  // namespace sparkify
