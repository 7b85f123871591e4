#pragma once

#include <cstdint>
#include <vector>

#include "generate/catalogue.h"
#include "generate/day.h"
#include "generate/event.h"
#include "generate/population.h"
#include "generate/presence.h"
#include "generate/random.h"

namespace sparkify {

struct TimelineOptions {
  std::uint64_t seed = 1;
  std::int64_t events = 0;
  std::int32_t days = 1;
};

/// The events of all days, made one day after another; more with each day, since users are.
/// Sessions go past midnight, but not past the last day. A user's level changes with Submit Upgrade
/// and Submit Downgrade and at no other event.
class Timeline {
 public:
  /// `population` must have somebody if there are events; both must outlive the timeline.
  Timeline(const TimelineOptions& options, Day first_day, const Population& population,
           const Catalogue& catalogue);

  /// The events of the next day, by time; good until the next call. Over all `days` days there are
  /// exactly `events`.
  const std::vector<Event>& next_day();

 private:
  void start_sessions(Day day, std::int64_t event_count);
  void start_session(std::int64_t start_ms, std::int64_t event_max);
  std::int32_t draw_idle_user(std::int64_t start_ms);
  /// When a user who is now at `level` wants the other one; never, of most.
  std::int64_t draw_change_ms(std::int32_t user_no, Level level, std::int64_t from_ms);
  void set_levels();

  const Population& population_;
  const Catalogue& catalogue_;
  Random random_;
  Day first_day_;
  std::int64_t end_ms_;
  Presence presence_;
  std::vector<std::int64_t> quotas_;  ///< events of the sessions that start on each day
  std::int32_t day_no_ = 0;
  std::int64_t next_session_id_ = 1;
  std::vector<Event> today_;
  std::vector<Event> pending_;              ///< past midnight
  std::vector<std::int64_t> idle_from_ms_;  ///< by user
  std::vector<std::int64_t> change_ms_;     ///< by user: from when on another level is wanted
  std::vector<Level> planned_levels_;       ///< by user, after all sessions made so far
  std::vector<Level> levels_;               ///< by user, after all events given out so far
};

}  // namespace sparkify
