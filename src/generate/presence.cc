#include "generate/presence.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "generate/day.h"
#include "generate/waiting.h"

namespace sparkify {

namespace {

/// How many sessions users have, relative to each other: the middles of sixteen equal parts of an
/// exponential distribution, in hundredths of its mean.
constexpr std::array<std::uint32_t, kActivityCount> kActivityWeights{
    3, 10, 17, 25, 33, 42, 52, 63, 76, 90, 107, 127, 152, 186, 237, 347};

struct Habit {
  std::int64_t days_there;  ///< on the average, until quiet
  double share_of_returns;
  std::int64_t days_quiet;  ///< on the average, of those who return
};

/// By Loyalty.
constexpr std::array<Habit, 3> kHabits{{{4, 0.15, 30}, {45, 0.6, 20}, {150, 0.95, 12}}};

/// Who registered before the logs and is away when they begin: comes back.
constexpr double kShareOfAwayAtFirst = 0.1;
constexpr std::int64_t kDaysAwayAtFirst = 6;
/// Of the sessions for which there is somebody who has just registered.
constexpr double kShareOfNewcomers = 0.5;

std::uint64_t weight_of(const User& user) { return kActivityWeights[user.activity]; }

const Habit& habit_of(const User& user) { return kHabits[static_cast<std::size_t>(user.loyalty)]; }

}  // namespace

Presence::Presence(const Population& population, const PopulationTime& time, Random& random)
    : population_(population),
      time_(time),
      random_(random),
      places_in_crowd_(population.count(), -1),
      changes_(static_cast<std::size_t>(time.days)) {}

void Presence::begin_day(std::int32_t day_no) {
  day_no_ = day_no;
  const std::vector<std::int32_t> due = std::move(changes_[static_cast<std::size_t>(day_no)]);
  for (const std::int32_t user_no : due) come_or_go(user_no);
  add_registered_until(time_.start_ms + day_no * kDayMs);
  newcomer_no_ = registered_count_;
}

/// Who registers during a day is a newcomer on that day, and one of the others from the next on.
void Presence::add_registered_until(std::int64_t ms) {
  while (registered_count_ < population_.count()) {
    const auto user_no = static_cast<std::int32_t>(registered_count_);
    if (population_.user(user_no).registered_ms >= ms) return;
    ++registered_count_;
    if (day_no_ == 0 && random_.chance(kShareOfAwayAtFirst)) {
      plan_change(user_no, draw_waiting(random_, kDaysAwayAtFirst));
    } else {
      come(user_no);
    }
  }
}

void Presence::come_or_go(std::int32_t user_no) {
  if (places_in_crowd_[static_cast<std::size_t>(user_no)] < 0) return come(user_no);
  go(user_no);
  const Habit& habit = habit_of(population_.user(user_no));
  if (!random_.chance(habit.share_of_returns)) return;
  plan_change(user_no, draw_waiting(random_, habit.days_quiet));
}

void Presence::come(std::int32_t user_no) {
  const User& user = population_.user(user_no);
  Crowd& crowd = crowds_[user.activity];
  places_in_crowd_[static_cast<std::size_t>(user_no)] = static_cast<std::int32_t>(crowd.size());
  crowd.push_back(user_no);
  total_weight_ += weight_of(user);
  plan_change(user_no, draw_waiting(random_, habit_of(user).days_there));
}

void Presence::go(std::int32_t user_no) {
  const User& user = population_.user(user_no);
  Crowd& crowd = crowds_[user.activity];
  const std::int32_t place = std::exchange(places_in_crowd_[static_cast<std::size_t>(user_no)], -1);
  const std::int32_t last = crowd.back();
  crowd.pop_back();
  if (last != user_no) {
    crowd[static_cast<std::size_t>(place)] = last;
    places_in_crowd_[static_cast<std::size_t>(last)] = place;
  }
  total_weight_ -= weight_of(user);
}

/// At the earliest tomorrow; after the last day of the logs nobody would see it.
void Presence::plan_change(std::int32_t user_no, std::int64_t in_days) {
  const std::int64_t day_no = day_no_ + 1 + in_days;
  if (day_no < time_.days) changes_[static_cast<std::size_t>(day_no)].push_back(user_no);
}

std::int32_t Presence::draw(std::int64_t ms) {
  if (newcomer_no_ < population_.count()) {
    const auto user_no = static_cast<std::int32_t>(newcomer_no_);
    if (population_.user(user_no).registered_ms < ms && random_.chance(kShareOfNewcomers)) {
      ++newcomer_no_;
      return user_no;
    }
  }
  return draw_present();
}

std::int32_t Presence::draw_present() {
  SPARKIFY_ASSERT(registered_count_ > 0);
  // Nobody there, but a session is due: somebody comes for once.
  if (total_weight_ == 0) return static_cast<std::int32_t>(random_.below(registered_count_));
  std::uint64_t left = random_.below(total_weight_);
  for (std::size_t i = 0; i < kActivityCount; ++i) {
    const std::uint64_t weight = kActivityWeights[i] * crowds_[i].size();
    if (left < weight) return crowds_[i][static_cast<std::size_t>(left / kActivityWeights[i])];
    left -= weight;
  }
  SPARKIFY_ASSERT(false);
}

}  // namespace sparkify
