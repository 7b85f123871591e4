#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sparkify {

enum class Level : std::uint8_t { free, paid };

/// How long somebody keeps to the app.
enum class Loyalty : std::uint8_t { tries_it, comes_and_goes, stays };

inline constexpr std::size_t kActivityCount = 16;

/// A user of the app; the texts are JSON already, since they are written once for every event.
struct User {
  std::string first_name_json;
  std::string last_name_json;
  std::string gender_json;
  std::string location_json;
  std::string user_agent_json;
  std::string registration_json;  ///< such as 1541016707796.0
  std::int64_t registered_ms = 0;
  Level first_level = Level::free;
  Loyalty loyalty = Loyalty::stays;
  bool may_pay = false;       ///< takes the paid level sooner or later
  std::uint8_t activity = 0;  ///< 0..kActivityCount-1: how often somebody comes; all equally many
};

/// When the logs begin, and how long before that the app was opened.
struct PopulationTime {
  std::int64_t start_ms = 0;
  std::int32_t days = 1;  ///< of the logs

  std::int32_t days_before() const;
};

/// The users 0..count-1, by registration. They register evenly from the opening of the app to the
/// end of the logs; user 0 is there when they begin.
class Population {
 public:
  Population(std::uint64_t seed, std::size_t count, const PopulationTime& time);

  std::size_t count() const { return users_.size(); }
  const User& user(std::int32_t user_no) const { return users_[static_cast<std::size_t>(user_no)]; }

 private:
  std::vector<User> users_;
};

}  // namespace sparkify
