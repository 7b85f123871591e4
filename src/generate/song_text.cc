#include "generate/song_text.h"

#include <fmt/format.h>

#include "generate/json_text.h"
#include "generate/vocabulary.h"

namespace sparkify {

namespace {

constexpr double kShareOfOddTitles = 0.06;
constexpr double kShareOfTitleEndings = 0.15;
constexpr double kShareOfOddArtists = 0.05;
constexpr double kShareOfSecondNames = 0.2;
constexpr double kShareOfLocations = 0.6;
constexpr double kShareOfPositions = 0.6;  // of the artists with a location
constexpr double kShareOfThirdEncodings = 0.85;

std::string plain_title(Random& random) {
  const std::string_view adjective = random.pick(adjectives());
  const std::string_view noun = random.pick(nouns());
  switch (random.below(4)) {
    case 0:
      return std::string(noun);
    case 1:
      return fmt::format("{} {}", adjective, noun);
    case 2:
      return fmt::format("{} Of {}", noun, random.pick(nouns()));
    default:
      return fmt::format("The {} {} ({})", adjective, noun, random.pick(adjectives()));
  }
}

std::string second_name(Random& random, std::string_view name) {
  if (random.chance(0.5)) return fmt::format("{} feat. {}", name, draw_artist_name(random));
  return fmt::format("{} & The {}", name, random.pick(nouns()));
}

}  // namespace

std::string draw_title(Random& random) {
  if (random.chance(kShareOfOddTitles)) return std::string(random.pick(odd_titles()));
  std::string title = plain_title(random);
  if (random.chance(kShareOfTitleEndings)) title += random.pick(title_endings());
  return title;
}

std::string draw_artist_name(Random& random) {
  if (random.chance(kShareOfOddArtists)) return std::string(random.pick(odd_artists()));
  const std::string_view first =
      random.pick(random.chance(0.5) ? first_names_f() : first_names_m());
  const std::string_view last = random.pick(last_names());
  const std::string_view adjective = random.pick(adjectives());
  const std::string_view noun = random.pick(nouns());
  switch (random.below(4)) {
    case 0:
      return fmt::format("{} {}", first, last);
    case 1:
      return fmt::format("The {} {}", adjective, noun);
    case 2:
      return fmt::format("{} {}", adjective, noun);
    default:
      return fmt::format("{} & The {} {}", first, adjective, noun);
  }
}

std::string_view draw_remix_ending(Random& random) { return random.pick(remix_endings()); }

std::int64_t draw_duration_e5(Random& random) {
  constexpr std::int64_t kSecondE5 = 100'000;
  switch (random.pick_weighted(std::array<std::uint32_t, 4>{6, 80, 12, 2})) {
    case 0:
      return random.between(5 * kSecondE5, 120 * kSecondE5);
    case 1:
      return random.between(120 * kSecondE5, 330 * kSecondE5);
    case 2:
      return random.between(330 * kSecondE5, 600 * kSecondE5);
    default:
      return random.between(600 * kSecondE5, 2'400 * kSecondE5);
  }
}

Artist draw_artist(Random& random) {
  Artist artist;
  artist.names.push_back(draw_artist_name(random));
  if (random.chance(kShareOfSecondNames)) {
    artist.names.push_back(second_name(random, artist.names.front()));
    artist.names.push_back(second_name(random, artist.names.front()));
  }
  if (!random.chance(kShareOfLocations)) return artist;
  const Place& place = random.pick(random.chance(0.5) ? artist_places() : user_places());
  artist.location = place.name;
  artist.has_position = random.chance(kShareOfPositions);
  artist.latitude_e5 = place.latitude_e5;
  artist.longitude_e5 = place.longitude_e5;
  return artist;
}

std::string as_logged(Random& random, std::string text) {
  if (is_ascii(text)) return text;
  text = encoded_twice(text);
  return random.chance(kShareOfThirdEncodings) ? encoded_twice(text) : text;
}

}  // namespace sparkify
