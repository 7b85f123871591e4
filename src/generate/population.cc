#include "generate/population.h"

#include <algorithm>
#include <string_view>

#include "generate/day.h"
#include "generate/json_text.h"
#include "generate/popularity.h"
#include "generate/random.h"
#include "generate/user_agent.h"
#include "generate/vocabulary.h"

namespace sparkify {

namespace {

constexpr double kShareOfFemale = 0.55;
constexpr double kShareOfWorldNames = 0.08;
constexpr double kShareOfPayersF = 0.38;
constexpr double kShareOfPayersM = 0.26;
constexpr double kShareOfPaidAmongOldPayers = 0.55;
constexpr double kShareOfPaidAmongNewPayers = 0.05;
constexpr std::uint32_t kFlatnessOfPlaces = 2;

constexpr std::int32_t kDaysBeforeLeast = 45;
constexpr std::int32_t kTrialDays = 14;  // who only tries the app is gone by then

std::string json_of(std::string_view text) {
  std::string out;
  append_json_text(out, text, true);
  return out;
}

/// The registrations of all users, each somewhere in a slot of its own.
class Registrations {
 public:
  Registrations(std::size_t count, const PopulationTime& time)
      : opening_ms_(time.start_ms - time.days_before() * kDayMs),
        span_s_((time.days_before() + time.days) * (kDayMs / 1000)),
        count_(static_cast<std::int64_t>(count)),
        first_latest_ms_(time.start_ms - kDayMs) {}

  std::int64_t draw_ms(Random& random, std::size_t user_no) const {
    const auto slot = static_cast<std::int64_t>(user_no);
    const std::int64_t from_s = slot * span_s_ / count_;
    const std::int64_t to_s = (slot + 1) * span_s_ / count_;
    const std::int64_t after_s = random.between(from_s, std::max(from_s, to_s - 1));
    const std::int64_t ms = opening_ms_ + after_s * 1000 + random.between(0, 999);
    return slot == 0 ? std::min(ms, first_latest_ms_) : ms;
  }

 private:
  std::int64_t opening_ms_;
  std::int64_t span_s_;
  std::int64_t count_;
  std::int64_t first_latest_ms_;
};

void draw_person(Random& random, const Popularity& places, User& user) {
  const bool is_female = random.chance(kShareOfFemale);
  user.gender_json = is_female ? "\"F\"" : "\"M\"";
  if (random.chance(kShareOfWorldNames)) {
    const Culture& culture = random.pick(cultures());
    user.first_name_json = json_of(random.pick(is_female ? culture.first_f : culture.first_m));
    user.last_name_json = json_of(random.pick(culture.last));
  } else {
    user.first_name_json = json_of(random.pick(is_female ? first_names_f() : first_names_m()));
    user.last_name_json = json_of(random.pick(last_names()));
  }
  user.location_json = json_of(user_places()[places.draw(random)]);
  user.user_agent_json = json_of(draw_user_agent(random));
  user.may_pay = random.chance(is_female ? kShareOfPayersF : kShareOfPayersM);
}

/// `age_ms`: since the registration, when the logs begin.
void draw_habits(Random& random, std::int64_t age_ms, User& user) {
  const bool is_old = age_ms > 0;
  const bool may_be_trying = age_ms < kTrialDays * kDayMs && !user.may_pay;
  const std::array<std::uint32_t, 3> weights{may_be_trying ? 30U : 0U, user.may_pay ? 40U : 45U,
                                             user.may_pay ? 60U : 30U};
  user.loyalty = static_cast<Loyalty>(random.pick_weighted(weights));
  user.activity = static_cast<std::uint8_t>(random.below(kActivityCount));
  const double share_of_paid = is_old ? kShareOfPaidAmongOldPayers : kShareOfPaidAmongNewPayers;
  if (user.may_pay && random.chance(share_of_paid)) user.first_level = Level::paid;
}

}  // namespace

std::int32_t PopulationTime::days_before() const { return std::max(kDaysBeforeLeast, days / 3); }

Population::Population(std::uint64_t seed, std::size_t count, const PopulationTime& time) {
  Random random(seed, RandomPurpose::users);
  const Registrations registrations(count, time);
  const Popularity places(user_places().size(), kFlatnessOfPlaces);
  users_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    User& user = users_.emplace_back();
    user.registered_ms = registrations.draw_ms(random, i);
    append_integer(user.registration_json, user.registered_ms);
    user.registration_json += ".0";
    draw_person(random, places, user);
    draw_habits(random, time.start_ms - user.registered_ms, user);
  }
}

}  // namespace sparkify
