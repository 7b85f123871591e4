#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "generate/random.h"

namespace sparkify {

/// Draws ranks 0..count-1 so that a few come up often and most rarely: rank r has the weight
/// (r + flatness)^(-3/4). A draw takes the same time for any count (Walker's alias method).
class Popularity {
 public:
  /// `flatness`, at least 1: the more, the less the first ranks stand out. At most 10 million
  /// ranks.
  Popularity(std::size_t count, std::uint32_t flatness);

  /// There must be a rank to draw.
  std::size_t draw(Random& random) const;

 private:
  /// A column holds as much weight as all the others do: some of its own rank's, at the bottom,
  /// and the rest of one other's.
  struct Column {
    std::uint32_t own = 0;
    std::uint32_t other_rank = 0;
  };

  std::vector<Column> columns_;
  std::uint64_t height_ = 0;  ///< of a column
};

}  // namespace sparkify
