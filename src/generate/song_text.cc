#include "generate/song_text.h"

#include <array>

#include "generate/json_text.h"
#include "generate/song_words.h"
#include "generate/vocabulary.h"

namespace sparkify {

namespace {

constexpr double kShareOfOddTitles = 0.008;
constexpr double kShareOfTongueTitles = 0.022;
constexpr double kShareOfTitleEndings = 0.15;
constexpr double kShareOfOddArtists = 0.003;
constexpr double kShareOfTongueArtists = 0.015;
constexpr double kShareOfGuests = 0.045;
constexpr double kShareOfSecondNames = 0.2;
constexpr double kShareOfLocations = 0.6;
constexpr double kShareOfPositions = 0.7;  // of the artists with a location
constexpr double kShareOfThirdEncodings = 0.97;

// One draw a statement: the order in which a call's arguments are evaluated differs between
// compilers.

void add_word(std::string& text, std::string_view word) {
  if (!text.empty()) text += ' ';
  text += word;
}

/// A word that no language has, such as "Tavoren".
std::string coined_word(Random& random) {
  std::string word;
  const std::int64_t syllable_count = random.between(2, 3);
  for (std::int64_t i = 0; i < syllable_count; ++i) word += random.pick(syllables());
  if (random.chance(0.4)) word += random.pick(syllable_ends());
  word[0] = static_cast<char>(word[0] - 'a' + 'A');
  return word;
}

/// In a language whose letters are more than ASCII's.
std::string tongue_text(Random& random) {
  const Tongue& tongue = random.pick(tongues());
  std::string text(random.pick(tongue.beginnings));
  text += random.pick(tongue.endings);
  return text;
}

std::string one_word(Random& random) {
  if (random.chance(0.3)) return coined_word(random);
  return std::string(random.chance(0.75) ? random.pick(nouns()) : random.pick(adjectives()));
}

std::string two_words(Random& random) {
  std::string text;
  switch (random.below(4)) {
    case 0:
      add_word(text, "The");
      break;
    case 1:
      add_word(text, random.pick(verbs()));
      add_word(text, random.pick(pronouns()));
      return text;
    case 2:
      add_word(text, random.pick(nouns()));
      break;
    default:
      add_word(text, random.pick(adjectives()));
      break;
  }
  add_word(text, random.pick(nouns()));
  return text;
}

std::string three_words(Random& random) {
  std::string text(random.chance(0.5) ? random.pick(nouns()) : random.pick(verbs()));
  switch (random.below(3)) {
    case 0:
      add_word(text, random.pick(prepositions()));
      break;
    case 1:
      add_word(text, "The");
      break;
    default:
      add_word(text, "My");
      break;
  }
  add_word(text, random.pick(nouns()));
  return text;
}

std::string plain_title(Random& random) {
  constexpr std::array<std::uint32_t, 6> kWeights{22, 27, 25, 14, 7, 5};
  switch (random.pick_weighted(kWeights)) {
    case 0:
      return one_word(random);
    case 1:
      return two_words(random);
    case 2:
      return three_words(random);
    case 3: {
      std::string text = two_words(random);
      add_word(text, random.pick(prepositions()));
      add_word(text, random.pick(nouns()));
      return text;
    }
    case 4: {
      std::string text = three_words(random);
      add_word(text, "And");
      add_word(text, random.pick(nouns()));
      return text;
    }
    default: {
      std::string text = three_words(random);
      add_word(text, "(When The");
      add_word(text, two_words(random));
      text += ')';
      return text;
    }
  }
}

std::string person(Random& random) {
  std::string text(random.pick(random.chance(0.5) ? first_names_f() : first_names_m()));
  add_word(text, random.pick(last_names()));
  return text;
}

std::string band(Random& random) {
  switch (random.below(5)) {
    case 0:
    case 1:
      return coined_word(random);
    case 2: {
      std::string text = "The ";
      text += random.pick(adjectives());
      add_word(text, random.pick(nouns()));
      return text += 's';
    }
    case 3: {
      std::string text(random.pick(nouns()));
      add_word(text, coined_word(random));
      return text;
    }
    default: {
      std::string text(random.pick(adjectives()));
      add_word(text, random.pick(nouns()));
      return text;
    }
  }
}

std::string second_name(Random& random, const std::string& name) {
  if (random.chance(0.5)) return name + " feat. " + draw_artist_name(random);
  return name + " & The " + std::string(random.pick(nouns())) + "s";
}

}  // namespace

std::string draw_title(Random& random) {
  if (random.chance(kShareOfOddTitles)) return std::string(random.pick(odd_titles()));
  std::string title =
      random.chance(kShareOfTongueTitles) ? tongue_text(random) : plain_title(random);
  if (random.chance(kShareOfTitleEndings)) title += random.pick(title_endings());
  return title;
}

std::string draw_artist_name(Random& random) {
  if (random.chance(kShareOfOddArtists)) return std::string(random.pick(odd_artists()));
  if (random.chance(kShareOfTongueArtists)) {
    if (random.chance(0.3)) return tongue_text(random);
    const Culture& culture = random.pick(cultures());
    std::string name(random.pick(random.chance(0.5) ? culture.first_f : culture.first_m));
    add_word(name, random.pick(culture.last));
    return name;
  }
  std::string name = random.chance(0.35) ? person(random) : band(random);
  if (random.chance(kShareOfGuests)) {
    name += random.chance(0.5) ? " / " : " feat. ";
    name += person(random);
  }
  return name;
}

std::string_view draw_remix_ending(Random& random) { return random.pick(remix_endings()); }

std::int64_t draw_duration_e5(Random& random) {
  // Whole frames of 576 samples, 22,050 a second: why lengths are often equal and have up to five
  // decimals.
  struct Part {
    std::int64_t first_s;
    std::int64_t last_s;
  };
  constexpr std::array<Part, 10> kParts{{{240, 272},
                                         {218, 240},
                                         {163, 196},
                                         {272, 337},
                                         {196, 218},
                                         {139, 163},
                                         {337, 396},
                                         {25, 139},
                                         {396, 591},
                                         {591, 2'200}}};
  constexpr std::array<std::uint32_t, 10> kWeights{20, 18, 15, 15, 12, 5, 5, 5, 4, 1};
  const Part& part = kParts[random.pick_weighted(kWeights)];
  const std::int64_t samples = random.between(part.first_s * 22'050, part.last_s * 22'050);
  const std::int64_t frame_no = samples / 576;
  return (frame_no * 576 * 100'000 + 11'025) / 22'050;
}

Artist draw_artist(Random& random) {
  Artist artist;
  artist.names.push_back(draw_artist_name(random));
  if (random.chance(kShareOfSecondNames)) {
    artist.names.push_back(second_name(random, artist.names.front()));
    artist.names.push_back(second_name(random, artist.names.front()));
  }
  if (!random.chance(kShareOfLocations)) return artist;
  const Place& place = random.pick(artist_places());
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
