#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"

namespace sparkify {

/// What random numbers are for. Each purpose has its own sequence, so that asking for faults, say,
/// changes none of the events.
enum class RandomPurpose : std::uint64_t {
  users = 1,
  artists,
  songs,
  unknown_songs,
  sessions,
  song_faults,
  log_faults,
  log_fault_texts,
  log_file_faults,
  song_file_faults,
  earlier_versions,
};

/// A sequence of random numbers that is the same on every machine: xoshiro256** (Blackman and
/// Vigna), its state filled by splitmix64. The standard library's distributions are not used
/// anywhere here: their results differ between libraries.
class Random {
 public:
  Random(std::uint64_t seed, RandomPurpose purpose);
  /// A sequence of its own for each `number`, of a day or a song, say: then it does not matter in
  /// which order, and on which thread, they are made.
  Random(std::uint64_t seed, RandomPurpose purpose, std::uint64_t number);

  std::uint64_t next();
  /// Evenly from [0, count); `count` is in 1..2^32.
  std::uint64_t below(std::uint64_t count);
  /// Evenly from [first, last]; at most 2^32 values.
  std::int64_t between(std::int64_t first, std::int64_t last);
  /// True in `share` of all calls.
  bool chance(double share);
  /// Evenly from [0, 1).
  double unit();

  template <typename List>
  const auto& pick(const List& list) {
    return list[static_cast<std::size_t>(below(list.size()))];
  }
  /// An index of `weights`, each as often as its weight says.
  template <std::size_t Count>
  std::size_t pick_weighted(const std::array<std::uint32_t, Count>& weights) {
    std::uint64_t total = 0;
    for (const std::uint32_t weight : weights) total += weight;
    std::uint64_t left = below(total);
    for (std::size_t i = 0; i < Count; ++i) {
      if (left < weights[i]) return i;
      left -= weights[i];
    }
    SPARKIFY_ASSERT(false);
  }

 private:
  void fill_state(std::uint64_t counter);

  std::array<std::uint64_t, 4> state_;
};

/// A well-mixed function of one number (splitmix64's finish).
std::uint64_t mix(std::uint64_t value);

}  // namespace sparkify
