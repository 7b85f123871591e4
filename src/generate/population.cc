#include "generate/population.h"

#include <numeric>
#include <string_view>
#include <utility>

#include "generate/json_text.h"
#include "generate/user_agent.h"
#include "generate/vocabulary.h"

namespace sparkify {

namespace {

constexpr double kShareOfFemale = 0.55;
constexpr double kShareOfWorldNames = 0.15;
constexpr double kShareOfPaid = 0.25;
constexpr std::int64_t kRegistrationSecondsMax = 90 * 86'400;

std::string json_of(std::string_view text) {
  std::string out;
  append_json_text(out, text, true);
  return out;
}

std::string registration_before(std::int64_t start_ms, Random& random) {
  std::string out;
  const std::int64_t before_s = random.between(1, kRegistrationSecondsMax);
  const std::int64_t rest_ms = random.between(0, 999);
  append_integer(out, start_ms - before_s * 1000 + rest_ms);
  return out + ".0";
}

User draw_user(Random& random, std::int64_t start_ms) {
  const bool is_female = random.chance(kShareOfFemale);
  NamePair name{random.pick(is_female ? first_names_f() : first_names_m()),
                random.pick(last_names())};
  if (random.chance(kShareOfWorldNames)) name = random.pick(names_of_the_world());
  User user;
  user.first_name_json = json_of(name.first);
  user.last_name_json = json_of(name.last);
  user.gender_json = is_female ? "\"F\"" : "\"M\"";
  user.location_json = json_of(random.pick(user_places()).name);
  user.user_agent_json = json_of(draw_user_agent(random));
  user.registration_json = registration_before(start_ms, random);
  user.first_level = random.chance(kShareOfPaid) ? Level::paid : Level::free;
  return user;
}

}  // namespace

Population::Population(std::uint64_t seed, std::size_t count, std::int64_t start_ms)
    : by_rank_(count), popularity_(count) {
  Random random(seed, RandomPurpose::users);
  users_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) users_.push_back(draw_user(random, start_ms));
  std::iota(by_rank_.begin(), by_rank_.end(), 0);
  for (std::size_t i = count; i > 1; --i) {
    std::swap(by_rank_[i - 1], by_rank_[static_cast<std::size_t>(random.below(i))]);
  }
}

}  // namespace sparkify
