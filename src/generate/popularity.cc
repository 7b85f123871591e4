#include "generate/popularity.h"

#include <cmath>
#include <numeric>

namespace sparkify {

namespace {

constexpr std::size_t kRanksMax = 10'000'000;
/// Small enough that the weights of kRanksMax ranks add up to less than 2^32, which Random::below
/// takes, and large enough that the last of them still has a few dozens.
constexpr double kWeightOfFirst = 15'000'000;

/// In whole numbers. IEEE 754 prescribes every bit of products, quotients and square roots, so
/// that these are the same on every machine; of `pow` that is not so.
std::vector<std::uint64_t> weights_of(std::size_t count, std::uint32_t flatness) {
  std::vector<std::uint64_t> weights;
  weights.reserve(count);
  for (std::size_t rank = 0; rank < count; ++rank) {
    const auto place = static_cast<double>(rank + flatness);
    const double power = std::sqrt(place * std::sqrt(place));
    weights.push_back(static_cast<std::uint64_t>(kWeightOfFirst / power));
  }
  return weights;
}

}  // namespace

Popularity::Popularity(std::size_t count, std::uint32_t flatness) : columns_(count) {
  SPARKIFY_ASSERT(flatness > 0 && count <= kRanksMax);
  std::vector<std::uint64_t> left = weights_of(count, flatness);
  height_ = std::accumulate(left.begin(), left.end(), std::uint64_t{0});
  // With weights times `count` and columns as high as all weights together, nothing is rounded.
  // They fall from rank to rank: those that overfill a column are the first ones.
  for (std::uint64_t& weight : left) weight *= count;
  std::size_t rich = 0;
  std::size_t rich_end = count;
  std::vector<std::uint32_t> poor;
  while (rich_end > 0 && left[rich_end - 1] < height_) {
    poor.push_back(static_cast<std::uint32_t>(--rich_end));
  }
  while (!poor.empty()) {
    const std::uint32_t rank = poor.back();
    poor.pop_back();
    columns_[rank] = {static_cast<std::uint32_t>(left[rank]), static_cast<std::uint32_t>(rich)};
    left[rich] -= height_ - left[rank];
    if (left[rich] < height_) poor.push_back(static_cast<std::uint32_t>(rich++));
  }
  // Those that are left fill their columns exactly.
  for (; rich < rich_end; ++rich) columns_[rich] = {0, static_cast<std::uint32_t>(rich)};
}

std::size_t Popularity::draw(Random& random) const {
  SPARKIFY_ASSERT(!columns_.empty());
  const auto rank = static_cast<std::size_t>(random.below(columns_.size()));
  const Column& column = columns_[rank];
  return random.below(height_) < column.own ? rank : column.other_rank;
}

}  // namespace sparkify
