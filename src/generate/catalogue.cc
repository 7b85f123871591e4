#include "generate/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "generate/identifier.h"
#include "generate/json_text.h"
#include "generate/song_text.h"

namespace sparkify {

namespace {

constexpr std::size_t kSongsPerArtist = 3;
constexpr std::size_t kUnknownSongsPerArtist = 8;
constexpr std::size_t kUnknownPerEvent = 20;
constexpr std::size_t kUnknownMin = 200;
constexpr std::size_t kUnknownMax = 500'000;
constexpr double kShareOfVariants = 0.12;
constexpr double kShareOfOtherNames = 0.15;
constexpr double kShareOfNearMisses = 0.15;  // of the unknown songs that are played most
constexpr double kShareOfUnknownYear = 0.55;
constexpr std::uint32_t kFlatnessOfSongs = 3;
constexpr std::uint32_t kFlatnessOfArtists = 8;

/// So many that most plays of songs without a record are of a song that is played once, as in the
/// real logs; where there are too many plays for that, as many as there is memory for.
std::size_t unknown_count_for(std::int64_t event_count, double match_rate) {
  const double wanted =
      static_cast<double>(event_count) * (1 - match_rate) * double{kUnknownPerEvent};
  const double bounded = std::clamp(wanted, double{kUnknownMin}, double{kUnknownMax});
  return static_cast<std::size_t>(bounded);
}

/// What the match compares, as one text.
std::string match_key(const Song& song) {
  return fmt::format("{}\n{}\n{}", song.title, song.artist_name, song.duration_e5);
}

/// Almost a song with a record: what the ETL must not match.
Song near_miss(Random& random, Song song) {
  song.artist_no = -1;
  switch (random.below(4)) {
    case 0:
      song.duration_e5 += 1;
      break;
    case 1:
      song.title += ' ';
      break;
    case 2:
      song.title = as_logged(random, song.title);
      song.artist_name = as_logged(random, song.artist_name);
      break;
    default:
      song.artist_name = draw_artist_name(random);
      break;
  }
  return song;
}

Song unknown_song(Random& random, const std::string& artist_name) {
  Song song;
  song.title = as_logged(random, draw_title(random));
  song.artist_name = artist_name;
  song.duration_e5 = draw_duration_e5(random);
  return song;
}

std::vector<std::string> draw_unknown_artists(Random& random, std::size_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(as_logged(random, draw_artist_name(random)));
  }
  return names;
}

}  // namespace

Catalogue::Catalogue(std::uint64_t seed, std::size_t known_count, double match_rate,
                     std::int64_t event_count)
    : seed_(seed),
      known_count_(known_count),
      match_rate_(known_count == 0 ? 0.0 : match_rate),
      unknown_count_(unknown_count_for(event_count, match_rate_)),
      known_popularity_(known_count, kFlatnessOfSongs),
      unknown_popularity_(unknown_count_, kFlatnessOfSongs) {
  Random random(seed, RandomPurpose::artists);
  const std::size_t artist_count =
      known_count == 0 ? 0 : (known_count + kSongsPerArtist - 1) / kSongsPerArtist;
  for (std::size_t i = 0; i < artist_count; ++i) artists_.push_back(draw_artist(random));
  make_known_songs();
  make_unknown_songs();
}

void Catalogue::make_known_songs() {
  Random random(seed_, RandomPurpose::songs);
  std::unordered_map<std::string, std::int32_t> first_with_key;
  for (std::size_t i = 0; i < known_count_; ++i) {
    const auto song_no = static_cast<std::int32_t>(i);
    Song song;
    if (i > 0 && random.chance(kShareOfVariants)) {
      song = vary_known(random, static_cast<std::int32_t>(random.below(i)));
    } else {
      song.artist_no = static_cast<std::int32_t>(random.below(artists_.size()));
      const Artist& performer = artist(song.artist_no);
      song.artist_name = random.chance(kShareOfOtherNames) ? random.pick(performer.names)
                                                           : performer.names.front();
      song.title = draw_title(random);
      song.duration_e5 = draw_duration_e5(random);
    }
    song.year = random.chance(kShareOfUnknownYear)
                    ? 0
                    : static_cast<std::int32_t>(random.between(1955, 2018));
    song.first_twin_no = first_with_key.emplace(match_key(song), song_no).first->second;
    songs_.push_back(std::move(song));
  }
}

Song Catalogue::vary_known(Random& random, std::int32_t song_no) const {
  Song result = song(song_no);
  switch (random.pick_weighted(std::array<std::uint32_t, 3>{70, 22, 8})) {
    case 0:
      result.title += draw_remix_ending(random);
      result.duration_e5 = draw_duration_e5(random);
      break;
    case 1:
      result.artist_no = static_cast<std::int32_t>(random.below(artists_.size()));
      result.artist_name = artist(result.artist_no).names.front();
      break;
    default:
      break;  // the same song under a second id
  }
  return result;
}

void Catalogue::make_unknown_songs() {
  std::unordered_set<std::string> known_keys;
  for (const Song& song : songs_) known_keys.insert(match_key(song));
  Random random(seed_, RandomPurpose::unknown_songs);
  const std::size_t artist_count = unknown_count_ / kUnknownSongsPerArtist;
  const std::vector<std::string> artists = draw_unknown_artists(random, artist_count);
  const Popularity artist_popularity(artist_count, kFlatnessOfArtists);
  // The first songs are played most: that is where near misses are worth something.
  std::size_t near_misses_left = known_count_ / 2;
  const std::size_t total = known_count_ + unknown_count_;
  songs_.reserve(total);
  while (songs_.size() < total) {
    const bool is_near_miss = near_misses_left > 0 && random.chance(kShareOfNearMisses);
    Song song =
        is_near_miss
            ? near_miss(random, songs_[static_cast<std::size_t>(random.below(known_count_))])
            : unknown_song(random, artists[artist_popularity.draw(random)]);
    if (known_count_ > 0 && known_keys.contains(match_key(song))) continue;
    if (is_near_miss) --near_misses_left;
    songs_.push_back(std::move(song));
  }
}

std::int32_t Catalogue::draw_play(Random& random) const {
  if (random.chance(match_rate_)) {
    return static_cast<std::int32_t>(known_popularity_.draw(random));
  }
  return static_cast<std::int32_t>(known_count_ + unknown_popularity_.draw(random));
}

std::string Catalogue::song_id(std::int32_t song_no) const {
  return "SO" + letters_of(seed_, song_no, 1) + "12A8" + unique_digits(seed_, song_no);
}

std::string Catalogue::artist_id(std::int32_t artist_no) const {
  return "AR" + letters_of(seed_, artist_no, 2) + "1187" + unique_digits(seed_, artist_no);
}

std::string Catalogue::song_file_name(std::int32_t song_no) const {
  const std::string letters = letters_of(seed_, song_no, 3);
  return fmt::format("song_data/{}/{}/{}/TR{}128F{}.json", letters[0], letters[1], letters[2],
                     letters, unique_digits(seed_, song_no));
}

}  // namespace sparkify
