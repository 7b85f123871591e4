#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "generate/popularity.h"
#include "generate/random.h"

namespace sparkify {

struct Artist {
  std::vector<std::string> names;  ///< the first is the usual one
  std::string location;            ///< may be empty
  bool has_position = false;
  std::int32_t latitude_e5 = 0;
  std::int32_t longitude_e5 = 0;
};

/// A song that can be played, with or without a record in the song files.
struct Song {
  std::string title;
  std::string artist_name;
  std::int64_t duration_e5 = 0;  ///< seconds * 100,000
  std::int32_t artist_no = -1;   ///< -1: a song without a record
  std::int32_t year = 0;         ///< 0: unknown
  /// The first song with the same title, artist name and duration; usually itself.
  std::int32_t first_twin_no = -1;
};

/// All songs: numbers 0..known_count-1 have a record, those after have none. No song without a
/// record is equal to one with a record in title, artist name and duration together.
class Catalogue {
 public:
  /// `match_rate`: the share of plays that go to songs with a record. `event_count`: of the logs;
  /// says how many songs without a record there are, at most 500,000.
  Catalogue(std::uint64_t seed, std::size_t known_count, double match_rate,
            std::int64_t event_count);

  std::size_t known_count() const { return known_count_; }
  std::size_t song_count() const { return songs_.size(); }
  std::size_t artist_count() const { return artists_.size(); }
  const Song& song(std::int32_t song_no) const { return songs_[static_cast<std::size_t>(song_no)]; }
  const Artist& artist(std::int32_t artist_no) const {
    return artists_[static_cast<std::size_t>(artist_no)];
  }
  std::int32_t draw_play(Random& random) const;

  std::string song_id(std::int32_t song_no) const;
  std::string artist_id(std::int32_t artist_no) const;
  /// "song_data/A/B/C/TRABCXY128F0123456.json".
  std::string song_file_name(std::int32_t song_no) const;

 private:
  void make_known_songs();
  void make_unknown_songs();
  /// A remix, a cover or a second record of an earlier song, as real catalogues have them.
  Song vary_known(Random& random, std::int32_t song_no) const;

  std::uint64_t seed_;
  std::size_t known_count_;
  double match_rate_;
  std::size_t unknown_count_;
  std::vector<Artist> artists_;
  std::vector<Song> songs_;
  Popularity known_popularity_;
  Popularity unknown_popularity_;
};

}  // namespace sparkify
