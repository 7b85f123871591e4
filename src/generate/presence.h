#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "generate/population.h"
#include "generate/random.h"

namespace sparkify {

/// Who uses the app at what time: users come when they have registered, go quiet after a while,
/// and some come back. A draw costs the same however many users there are; memory: some 12 bytes
/// for each user.
class Presence {
 public:
  /// `population` and `random` must outlive it.
  Presence(const Population& population, const PopulationTime& time, Random& random);

  /// Days are numbered from 0, and begun in order.
  void begin_day(std::int32_t day_no);
  /// Somebody who begins a session at `ms`, on the day begun: has registered by then.
  std::int32_t draw(std::int64_t ms);

 private:
  /// Users of about the same activity who are there now.
  using Crowd = std::vector<std::int32_t>;

  void add_registered_until(std::int64_t ms);
  void come_or_go(std::int32_t user_no);
  void come(std::int32_t user_no);
  void go(std::int32_t user_no);
  void plan_change(std::int32_t user_no, std::int64_t in_days);
  std::int32_t draw_present();

  const Population& population_;
  const PopulationTime time_;
  Random& random_;
  std::int32_t day_no_ = 0;
  std::array<Crowd, kActivityCount> crowds_;
  std::uint64_t total_weight_ = 0;                  ///< of all who are there
  std::vector<std::int32_t> places_in_crowd_;       ///< by user; -1: not there
  std::vector<std::vector<std::int32_t>> changes_;  ///< by day: who comes or goes
  std::size_t registered_count_ = 0;                ///< by the beginning of the day
  std::size_t newcomer_no_ = 0;                     ///< the next to begin a first session today
};

}  // namespace sparkify
