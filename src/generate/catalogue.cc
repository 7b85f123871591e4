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
constexpr std::size_t kUnknownExtra = 200;
constexpr std::size_t kUnknownMax = 200'000;
constexpr double kShareOfVariants = 0.12;
constexpr double kShareOfOtherNames = 0.15;
constexpr double kShareOfNearMisses = 0.15;
constexpr double kShareOfUnknownYear = 0.45;

std::size_t unknown_count_for(std::size_t known_count) {
  return std::min(known_count * 2 + kUnknownExtra, kUnknownMax);
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

Song unknown_song(Random& random) {
  Song song;
  song.title = as_logged(random, draw_title(random));
  song.artist_name = as_logged(random, draw_artist_name(random));
  song.duration_e5 = draw_duration_e5(random);
  return song;
}

}  // namespace

Catalogue::Catalogue(std::uint64_t seed, std::size_t known_count, double match_rate)
    : seed_(seed),
      known_count_(known_count),
      match_rate_(known_count == 0 ? 0.0 : match_rate),
      known_popularity_(known_count),
      unknown_popularity_(unknown_count_for(known_count)) {
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
  const std::size_t total = known_count_ + unknown_count_for(known_count_);
  songs_.reserve(total);
  while (songs_.size() < total) {
    Song song = unknown_song(random);
    if (known_count_ > 0 && random.chance(kShareOfNearMisses)) {
      song = near_miss(random, songs_[static_cast<std::size_t>(random.below(known_count_))]);
    }
    if (!known_keys.contains(match_key(song))) songs_.push_back(std::move(song));
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
