#include "transform/song_index.h"

#include <charconv>
#include <utility>

namespace sparkify {

namespace {

/// Text holds no NUL (the decoder refuses it), so the parts cannot run into each other.
void make_key(std::string_view title, std::string_view artist_name, std::int64_t duration,
              std::string& key) {
  key.assign(title);
  key += '\0';
  key += artist_name;
  key += '\0';
  key.append(reinterpret_cast<const char*>(&duration), sizeof duration);
}

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

Result<bool> SongIndex::fill(Warehouse& warehouse, const SqlLibrary& sql, std::size_t songs_max) {
  by_key_.clear();
  song_count_ = 0;
  songs_max_ = songs_max;
  TRY(warehouse.read_committed(sql.get("straight/songs"), {}, *this));
  if (song_count_ <= songs_max_) return true;
  by_key_.clear();
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
  std::string key;
  make_key(title, artist_name, duration, key);
  const auto [found, is_new] = by_key_.try_emplace(std::move(key), match);
  if (!is_new && match.song_id < found->second.song_id) found->second = std::move(match);
}

const SongIndex::Match* SongIndex::find(std::string_view title, std::string_view artist_name,
                                        std::int64_t duration) const {
  thread_local std::string key;
  make_key(title, artist_name, duration, key);
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &found->second;
}

}  // namespace sparkify
