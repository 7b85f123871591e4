#include "generate/popularity.h"

#include <algorithm>

namespace sparkify {

namespace {

/// Small enough that the sum for 10 million ranks stays below 2^32, which Random::below takes.
constexpr std::uint64_t kWeightOfTop = 200'000'000;
constexpr std::uint64_t kFlatness = 8;

}  // namespace

Popularity::Popularity(std::size_t count) {
  upper_bounds_.reserve(count);
  std::uint64_t sum = 0;
  for (std::size_t rank = 0; rank < count; ++rank) {
    sum += kWeightOfTop / (rank + kFlatness);
    upper_bounds_.push_back(sum);
  }
}

std::size_t Popularity::draw(Random& random) const {
  SPARKIFY_ASSERT(!upper_bounds_.empty());
  const std::uint64_t drawn = random.below(upper_bounds_.back());
  const auto found = std::upper_bound(upper_bounds_.begin(), upper_bounds_.end(), drawn);
  return static_cast<std::size_t>(found - upper_bounds_.begin());
}

}  // namespace sparkify
