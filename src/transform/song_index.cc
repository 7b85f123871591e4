#include "transform/song_index.h"

#include <charconv>
#include <string>

namespace sparkify {

namespace {

/// `218.93179` is 21893179: the column has exactly five digits behind its point.
Result<std::int64_t> scaled_duration(std::string_view text) {
  std::string digits(text);
  std::erase(digits, '.');
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return make_error(ErrorKind::internal, "a song's duration is no decimal: " + digits);
  }
  return value;
}

}  // namespace

void SongIndex::clear() {
  numbers_.clear();
  songs_.clear();
  texts_.clear();
}

Result<bool> SongIndex::fill(Warehouse& warehouse, const SqlLibrary& sql, std::size_t songs_max) {
  clear();
  song_count_ = 0;
  songs_max_ = songs_max;
  TRY(warehouse.read_committed(sql.get("straight/songs"), {}, *this));
  if (song_count_ <= songs_max_) return true;
  clear();
  return false;
}

Status SongIndex::begin(const std::vector<ResultColumn>& /*columns*/) { return {}; }

Status SongIndex::row(const Row& row) {
  if (++song_count_ > songs_max_) return {};
  TRY_ASSIGN(const std::int64_t duration, scaled_duration(row[2].text));
  add(row[0].text, row[1].text, duration, {row[3].text, row[4].text});
  return {};
}

void SongIndex::add(std::string_view title, std::string_view artist_name, std::int64_t duration,
                    Match match) {
  const auto found = numbers_.find(Key{title, artist_name, duration});
  if (found == numbers_.end()) {
    const auto number = static_cast<std::uint32_t>(songs_.size());
    songs_.push_back({{texts_.copy(title), texts_.copy(artist_name), duration},
                      {texts_.copy(match.song_id), texts_.copy(match.artist_id)}});
    numbers_.insert(number);
    return;
  }
  Match& known = songs_[*found].match;
  if (match.song_id < known.song_id) {
    known = {texts_.copy(match.song_id), texts_.copy(match.artist_id)};
  }
}

const SongIndex::Match* SongIndex::find(std::string_view title, std::string_view artist_name,
                                        std::int64_t duration) const {
  const auto found = numbers_.find(Key{title, artist_name, duration});
  return found == numbers_.end() ? nullptr : &songs_[*found].match;
}

}  // namespace sparkify
