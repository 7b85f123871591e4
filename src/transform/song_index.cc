#include "transform/song_index.h"

#include <algorithm>
#include <charconv>
#include <functional>
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

/// The artist is left to the comparison.
SongIndex::Place SongIndex::hash_of(const Key& key) {
  constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;
  return std::hash<std::string_view>()(key.title) ^
         static_cast<std::uint64_t>(key.duration) * kGoldenRatio;
}

SongIndex::Place SongIndex::place_of(const Key& key) const {
  const Place place = hash_of(key);
  if (!slots_.empty()) __builtin_prefetch(&slots_[place & (slots_.size() - 1)]);
  return place;
}

std::size_t SongIndex::slot_of(const Key& key, Place place) const {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(place >> 32);
  std::size_t at = place & mask;
  // Ends, as half of the slots are empty.
  while (slots_[at].number != 0 &&
         (slots_[at].tag != tag || songs_[slots_[at].number - 1].key != key)) {
    at = (at + 1) & mask;
  }
  return at;
}

void SongIndex::grow() {
  constexpr std::size_t kSlotsLeast = 1024;
  slots_.assign(std::max(kSlotsLeast, 2 * slots_.size()), Slot{});
  for (std::size_t i = 0; i < songs_.size(); ++i) {
    const Place place = hash_of(songs_[i].key);
    slots_[slot_of(songs_[i].key, place)] = {static_cast<std::uint32_t>(place >> 32),
                                             static_cast<std::uint32_t>(i + 1)};
  }
}

void SongIndex::clear() {
  slots_.clear();
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
  add({row[0].text, row[1].text, duration}, {row[3].text, row[4].text});
  return {};
}

void SongIndex::add(const Key& key, const Match& match) {
  if (2 * (songs_.size() + 1) > slots_.size()) grow();
  const Place place = hash_of(key);
  Slot& slot = slots_[slot_of(key, place)];
  if (slot.number == 0) {
    songs_.push_back({{texts_.copy(key.title), texts_.copy(key.artist_name), key.duration},
                      {texts_.copy(match.song_id), texts_.copy(match.artist_id)}});
    slot = {static_cast<std::uint32_t>(place >> 32), static_cast<std::uint32_t>(songs_.size())};
    return;
  }
  Match& known = songs_[slot.number - 1].match;
  if (match.song_id < known.song_id) {
    known = {texts_.copy(match.song_id), texts_.copy(match.artist_id)};
  }
}

const SongIndex::Match* SongIndex::find(const Key& key, Place place) const {
  if (slots_.empty()) return nullptr;
  const Slot& slot = slots_[slot_of(key, place)];
  return slot.number == 0 ? nullptr : &songs_[slot.number - 1].match;
}

}  // namespace sparkify
