#pragma once

#include <cstdint>
#include <vector>

#include "generate/catalogue.h"
#include "generate/event.h"
#include "generate/random.h"

namespace sparkify {

/// How many events a session has on the average, roughly.
inline constexpr std::int64_t kSessionEventsMean = 8;

/// Where and when a session takes place.
struct SessionPlan {
  std::int64_t session_id = 0;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;     ///< nothing happens from then on; after start_ms
  std::int64_t event_max = 1;  ///< at least 1
  std::int32_t user_no = 0;
  Level level = Level::free;       ///< the user's when the session begins
  bool wants_other_level = false;  ///< will take it, if the session is long enough
};

/// Plays through one session, from page to page, and appends its events (at least one) to
/// `events`, in order. Returns the user's level at its end.
Level play_session(const SessionPlan& plan, const Catalogue& catalogue, Random& random,
                   std::vector<Event>& events);

}  // namespace sparkify
