#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "generate/popularity.h"
#include "generate/random.h"

namespace sparkify {

enum class Level : std::uint8_t { free, paid };

/// A user of the app; the texts are JSON already, since they are written once for every event.
struct User {
  std::string first_name_json;
  std::string last_name_json;
  std::string gender_json;
  std::string location_json;
  std::string user_agent_json;
  std::string registration_json;  ///< such as 1541016707796.0
  Level first_level = Level::free;
};

/// The users 0..count-1, and who of them uses the app how much.
class Population {
 public:
  /// `start_ms`: when the logs begin; all registered in the three months before.
  Population(std::uint64_t seed, std::size_t count, std::int64_t start_ms);

  std::size_t count() const { return users_.size(); }
  const User& user(std::int32_t user_no) const { return users_[static_cast<std::size_t>(user_no)]; }
  std::int32_t draw(Random& random) const { return by_rank_[popularity_.draw(random)]; }

 private:
  std::vector<User> users_;
  std::vector<std::int32_t> by_rank_;  ///< user numbers, the busiest first
  Popularity popularity_;
};

}  // namespace sparkify
