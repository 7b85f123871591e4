#include "generate/timeline.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <tuple>

#include "base/assert.h"
#include "generate/session.h"
#include "generate/waiting.h"

namespace sparkify {

namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr int kIdleDraws = 8;
constexpr std::int64_t kRestMeanMinutes = 150;

/// How many sessions start in each hour of a day (UTC), and on each weekday from Sunday.
constexpr std::array<std::uint32_t, 24> kHourWeights{18,  17, 12, 11, 10, 18, 28, 31,
                                                     36,  52, 68, 68, 48, 54, 70, 82,
                                                     100, 84, 80, 62, 50, 42, 34, 26};
constexpr std::array<std::int64_t, 7> kWeekdayWeights{55, 115, 112, 122, 120, 95, 50};
/// A day is up to so many hundredths above or below what is usual.
constexpr std::int64_t kDayDifferenceMax = 15;

constexpr std::int64_t kMinutesADay = 24 * 60;
constexpr std::int64_t kUpgradeMeanMinutes = 35 * kMinutesADay;
constexpr std::int64_t kUpgradeMeanMinutesOfNew = 30 * kMinutesADay;
constexpr std::int64_t kDowngradeMeanMinutes = 110 * kMinutesADay;
constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// Shares `events` out over the days so that they add up exactly. There are more from day to day,
/// though the users who come are not as many more as have registered.
std::vector<std::int64_t> share_out(Random& random, std::int64_t events, std::int32_t days_before,
                                    std::int32_t days, Day first_day) {
  std::vector<std::int64_t> sums;
  std::int64_t sum = 0;
  for (std::int32_t i = 0; i < days; ++i) {
    const std::int64_t weekday =
        kWeekdayWeights[static_cast<std::size_t>(first_day.plus(i).weekday())];
    const std::int64_t growth =
        100 * (2 * std::int64_t{days_before} + i) / (2 * days_before + days);
    const std::int64_t mood = random.between(100 - kDayDifferenceMax, 100 + kDayDifferenceMax);
    sum += weekday * growth * mood / 1'000;
    sums.push_back(sum);
  }
  std::vector<std::int64_t> quotas;
  std::int64_t given = 0;
  for (const std::int64_t partial : sums) {
    const std::int64_t due = events * partial / sum;
    quotas.push_back(due - given);
    given = due;
  }
  return quotas;
}

/// The start of session `index` of `count` in a day: in order, and shaped by kHourWeights.
std::int64_t start_in_day_ms(Random& random, std::uint64_t index, std::uint64_t count) {
  std::uint64_t total = 0;
  for (const std::uint32_t weight : kHourWeights) total += weight;
  std::uint64_t left = (index * total + random.below(total)) / count;
  std::int64_t hour = 0;
  while (left >= kHourWeights[static_cast<std::size_t>(hour)]) {
    left -= kHourWeights[static_cast<std::size_t>(hour)];
    ++hour;
  }
  return hour * kHourMs + random.between(0, kHourMs - 1);
}

bool is_before(const Event& a, const Event& b) {
  return std::tie(a.ts_ms, a.session_id, a.item) < std::tie(b.ts_ms, b.session_id, b.item);
}

}  // namespace

Timeline::Timeline(const TimelineOptions& options, Day first_day, const Population& population,
                   const Catalogue& catalogue)
    : population_(population),
      catalogue_(catalogue),
      random_(options.seed, RandomPurpose::sessions),
      first_day_(first_day),
      end_ms_(first_day.plus(options.days).start_ms()),
      presence_(population, {first_day.start_ms(), options.days}, random_),
      idle_from_ms_(population.count(), 0) {
  const PopulationTime time{first_day.start_ms(), options.days};
  quotas_ = share_out(random_, options.events, time.days_before(), options.days, first_day);
  for (std::size_t i = 0; i < population.count(); ++i) {
    const auto user_no = static_cast<std::int32_t>(i);
    const User& user = population.user(user_no);
    levels_.push_back(user.first_level);
    change_ms_.push_back(
        draw_change_ms(user_no, user.first_level, std::max(user.registered_ms, time.start_ms)));
  }
  planned_levels_ = levels_;
}

const std::vector<Event>& Timeline::next_day() {
  SPARKIFY_ASSERT(static_cast<std::size_t>(day_no_) < quotas_.size());
  const Day day = first_day_.plus(day_no_);
  today_.swap(pending_);
  pending_.clear();
  presence_.begin_day(day_no_);
  start_sessions(day, quotas_[static_cast<std::size_t>(day_no_)]);
  std::sort(today_.begin(), today_.end(), is_before);
  const std::int64_t midnight_ms = day.plus(1).start_ms();
  const auto first_of_tomorrow =
      std::find_if(today_.begin(), today_.end(),
                   [midnight_ms](const Event& event) { return event.ts_ms >= midnight_ms; });
  pending_.assign(first_of_tomorrow, today_.end());
  today_.erase(first_of_tomorrow, today_.end());
  set_levels();
  ++day_no_;
  return today_;
}

void Timeline::start_sessions(Day day, std::int64_t event_count) {
  const auto goal = static_cast<std::size_t>(event_count) + today_.size();
  // Several rounds through the day, since nobody knows how long sessions get. Each round but the
  // last aims below the goal, so that no evening is cut off.
  while (today_.size() < goal) {
    const auto missing = static_cast<std::int64_t>(goal - today_.size());
    const auto count = static_cast<std::uint64_t>(missing * 4 / (5 * kSessionEventsMean) + 1);
    for (std::uint64_t i = 0; i < count && today_.size() < goal; ++i) {
      const std::int64_t start_ms = day.start_ms() + start_in_day_ms(random_, i, count);
      start_session(start_ms, static_cast<std::int64_t>(goal - today_.size()));
    }
  }
}

void Timeline::start_session(std::int64_t start_ms, std::int64_t event_max) {
  SessionPlan plan;
  plan.session_id = next_session_id_++;
  plan.start_ms = start_ms;
  plan.end_ms = end_ms_;
  plan.event_max = event_max;
  plan.user_no = draw_idle_user(start_ms);
  const auto user_no = static_cast<std::size_t>(plan.user_no);
  plan.level = planned_levels_[user_no];
  plan.wants_other_level = change_ms_[user_no] <= start_ms;
  const Level level = play_session(plan, catalogue_, random_, today_);
  const std::int64_t last_ms = today_.back().ts_ms;
  if (level != plan.level) change_ms_[user_no] = draw_change_ms(plan.user_no, level, last_ms);
  planned_levels_[user_no] = level;
  const std::int64_t rest_ms = draw_waiting(random_, kRestMeanMinutes) * kMinuteMs;
  idle_from_ms_[user_no] = std::max(idle_from_ms_[user_no], last_ms + rest_ms + 1);
}

std::int64_t Timeline::draw_change_ms(std::int32_t user_no, Level level, std::int64_t from_ms) {
  const User& user = population_.user(user_no);
  if (!user.may_pay) return kNever;
  const bool is_new = user.registered_ms >= first_day_.start_ms();
  const std::int64_t upgrade_mean = is_new ? kUpgradeMeanMinutesOfNew : kUpgradeMeanMinutes;
  const std::int64_t mean = level == Level::free ? upgrade_mean : kDowngradeMeanMinutes;
  return from_ms + draw_waiting(random_, mean) * kMinuteMs;
}

/// Somebody who does nothing else then, if that is soon found; else somebody with two devices.
std::int32_t Timeline::draw_idle_user(std::int64_t start_ms) {
  std::int32_t user_no = presence_.draw(start_ms);
  for (int i = 0; i < kIdleDraws && idle_from_ms_[static_cast<std::size_t>(user_no)] > start_ms;
       ++i) {
    user_no = presence_.draw(start_ms);
  }
  return user_no;
}

/// Sessions of one user may overlap; only in the order of time is it known who is at what level.
void Timeline::set_levels() {
  for (Event& event : today_) {
    if (event.user_no < 0) continue;
    Level& level = levels_[static_cast<std::size_t>(event.user_no)];
    event.level = level;
    if (event.page == Page::submit_upgrade) level = Level::paid;
    if (event.page == Page::submit_downgrade) level = Level::free;
  }
}

}  // namespace sparkify
