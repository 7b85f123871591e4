#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sparkify {

/// The words that people, places and songs are put together from; all UTF-8, none from real data.

struct Place {
  std::string_view name;  ///< "City, ST"
  std::int32_t latitude_e5;
  std::int32_t longitude_e5;
};

struct NamePair {
  std::string_view first;
  std::string_view last;
};

std::span<const std::string_view> first_names_f();
std::span<const std::string_view> first_names_m();
std::span<const std::string_view> last_names();
/// Whole names in scripts other than plain Latin.
std::span<const NamePair> names_of_the_world();
std::span<const Place> user_places();
std::span<const Place> artist_places();
std::span<const std::string_view> adjectives();
std::span<const std::string_view> nouns();
/// Whole song titles that are hard on software: scripts, signs, quotes, blanks at the end.
std::span<const std::string_view> odd_titles();
/// Whole artist names of that kind.
std::span<const std::string_view> odd_artists();
std::span<const std::string_view> title_endings();
/// Endings of remixes and live versions, which get another length.
std::span<const std::string_view> remix_endings();

}  // namespace sparkify
