#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "generate/catalogue.h"
#include "generate/event.h"
#include "generate/fault.h"
#include "generate/faulty_record.h"

namespace sparkify {

/// What the tables must hold, and what the last run must have said.
struct ExpectedState {
  // Of the run:
  std::int64_t log_records = 0;  ///< bad ones included
  std::int64_t song_records = 0;
  std::int64_t log_records_loaded = 0;
  std::int64_t song_records_loaded = 0;
  std::int64_t duplicates = 0;
  std::int64_t late_matches = 0;  ///< plays of earlier runs that songs of this one match
  std::map<std::string_view, std::int64_t> rejects;  ///< by reason
  // Of the tables:
  std::int64_t songs = 0;
  std::int64_t artists = 0;
  std::int64_t users = 0;
  std::int64_t paid_users = 0;
  std::int64_t songplays = 0;
  std::int64_t matched_songplays = 0;
  std::int64_t time = 0;
};

/// Does in counts what the data contract asks of an ETL that is run once after each delivery.
class Expectation {
 public:
  /// `is_remembering`: keeps all plays, which takes some 100 bytes each. Else there may be one
  /// delivery only, plays must come by time, and copies behind what they are copies of.
  Expectation(std::size_t user_count, const Catalogue& catalogue, bool is_remembering);

  void start_run();
  /// Songs come before events. `has_other_title`: than the one that plays of it have.
  void add_song(std::int32_t song_no, std::optional<FaultKind> fault, bool has_other_title);
  /// When all songs of the run are there: plays that no song matched are held against them.
  void end_songs();
  Outcome add_event(const Event& event, std::optional<FaultKind> fault);
  /// A file that is all one bad record.
  void add_unreadable_log(std::string_view reason);
  void add_unreadable_song(std::string_view reason);

  const ExpectedState& state() const { return state_; }

 private:
  enum class SongRow : std::uint8_t { none, right, other_title };
  struct Play {
    std::int64_t ts_ms;
    std::int32_t user_no;
  };
  struct UserRow {
    std::int64_t ts_ms = -1;
    std::int64_t key = -1;
    Level level = Level::free;
  };

  Outcome outcome_of_play(const Event& event, std::optional<FaultKind> fault);
  void add_play(const Event& event, std::optional<FaultKind> fault);
  void add_user(const Event& event);
  void add_start_time(std::int64_t ts_ms);
  void reject(std::string_view reason) { ++state_.rejects[reason]; }

  const Catalogue& catalogue_;
  const bool is_remembering_;
  ExpectedState state_;
  std::vector<UserRow> users_;
  std::vector<SongRow> songs_;
  std::vector<bool> has_song_;           ///< by artist
  std::vector<std::int32_t> matching_;   ///< by first twin: rows of songs that its plays match
  std::vector<std::int32_t> unmatched_;  ///< by first twin: plays that wait for such a row
  std::unordered_map<std::int64_t, Play> plays_;
  std::unordered_set<std::int64_t> start_times_;
  std::int64_t last_start_ms_ = -1;
};

}  // namespace sparkify
