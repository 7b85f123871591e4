#include "generate/expectation.h"

#include <tuple>

namespace sparkify {

namespace {

constexpr std::int64_t kItemsPerSession = 1'048'576;

std::int64_t key_of(const Event& event) { return event.session_id * kItemsPerSession + event.item; }

bool has_odd_song_text(std::optional<FaultKind> fault) {
  return fault == FaultKind::encoded_again || fault == FaultKind::other_normal_form;
}

}  // namespace

Expectation::Expectation(std::size_t user_count, const Catalogue& catalogue, bool is_remembering)
    : catalogue_(catalogue),
      is_remembering_(is_remembering),
      users_(user_count),
      songs_(catalogue.known_count(), SongRow::none),
      has_song_(catalogue.artist_count()),
      matching_(catalogue.known_count()),
      unmatched_(catalogue.known_count()) {}

void Expectation::start_run() {
  state_.log_records = state_.song_records = 0;
  state_.log_records_loaded = state_.song_records_loaded = 0;
  state_.duplicates = 0;
  state_.late_matches = 0;
  state_.rejects.clear();
}

void Expectation::add_song(std::int32_t song_no, std::optional<FaultKind> fault,
                           bool has_other_title) {
  ++state_.song_records;
  if (fault && is_bad_record(*fault)) return reject(to_string(*fault));
  ++state_.song_records_loaded;
  const Song& song = catalogue_.song(song_no);
  SongRow& row = songs_[static_cast<std::size_t>(song_no)];
  std::int32_t& matching = matching_[static_cast<std::size_t>(song.first_twin_no)];
  if (row == SongRow::none) ++state_.songs;
  if (row == SongRow::right) --matching;
  row = has_other_title ? SongRow::other_title : SongRow::right;
  if (row == SongRow::right) ++matching;
  const auto artist_no = static_cast<std::size_t>(song.artist_no);
  if (!has_song_[artist_no]) ++state_.artists;
  has_song_[artist_no] = true;
}

void Expectation::end_songs() {
  for (std::size_t i = 0; i < matching_.size(); ++i) {
    if (matching_[i] == 0) continue;
    state_.late_matches += unmatched_[i];
    unmatched_[i] = 0;
  }
  state_.matched_songplays += state_.late_matches;
}

Outcome Expectation::add_event(const Event& event, std::optional<FaultKind> fault) {
  ++state_.log_records;
  if (fault && is_bad_record(*fault)) {
    reject(to_string(*fault));
    return Outcome::rejected;
  }
  const Outcome outcome = event.is_play() ? outcome_of_play(event, fault) : Outcome::loaded;
  if (outcome == Outcome::rejected) {
    reject(to_string(FaultKind::key_conflict));
    return outcome;
  }
  if (event.user_no >= 0) add_user(event);
  if (outcome == Outcome::duplicate) {
    ++state_.duplicates;
    return outcome;
  }
  ++state_.log_records_loaded;
  if (event.is_play()) add_play(event, fault);
  return outcome;
}

void Expectation::add_unreadable_log(std::string_view reason) {
  ++state_.log_records;
  reject(reason);
}

void Expectation::add_unreadable_song(std::string_view reason) {
  ++state_.song_records;
  reject(reason);
}

/// The first play with an id stays.
Outcome Expectation::outcome_of_play(const Event& event, std::optional<FaultKind> fault) {
  if (!is_remembering_) return fault ? outcome_of(*fault) : Outcome::loaded;
  const auto [known, is_new] = plays_.try_emplace(key_of(event), Play{event.ts_ms, event.user_no});
  if (is_new) return Outcome::loaded;
  const Play& first = known->second;
  const bool is_same = first.ts_ms == event.ts_ms && first.user_no == event.user_no;
  return is_same ? Outcome::duplicate : Outcome::rejected;
}

void Expectation::add_play(const Event& event, std::optional<FaultKind> fault) {
  ++state_.songplays;
  add_start_time(event.ts_ms);
  const Song& song = catalogue_.song(event.song_no);
  if (song.artist_no < 0 || has_odd_song_text(fault)) return;
  const auto twin_no = static_cast<std::size_t>(song.first_twin_no);
  if (matching_[twin_no] > 0) {
    ++state_.matched_songplays;
  } else {
    ++unmatched_[twin_no];
  }
}

/// The event with the greatest time and key tells about the user; at a tie the first one.
void Expectation::add_user(const Event& event) {
  UserRow& row = users_[static_cast<std::size_t>(event.user_no)];
  const std::int64_t key = key_of(event);
  if (std::tie(event.ts_ms, key) <= std::tie(row.ts_ms, row.key)) return;
  if (row.key < 0) ++state_.users;
  if (row.key >= 0 && row.level == Level::paid) --state_.paid_users;
  row = {event.ts_ms, key, event.level};
  if (row.level == Level::paid) ++state_.paid_users;
}

void Expectation::add_start_time(std::int64_t ts_ms) {
  const bool is_new = is_remembering_ ? start_times_.insert(ts_ms).second : ts_ms != last_start_ms_;
  if (is_new) ++state_.time;
  last_start_ms_ = ts_ms;
}

}  // namespace sparkify
