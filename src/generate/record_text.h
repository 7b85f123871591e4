#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "generate/catalogue.h"
#include "generate/event.h"
#include "generate/fault.h"
#include "generate/json_object.h"
#include "generate/population.h"
#include "generate/random.h"

namespace sparkify {

/// The JSON of records. What all plays of a song have in common is made once, in the constructor.
/// Safe from several threads at once.
class RecordText {
 public:
  /// Both must outlive it.
  RecordText(const Population& population, const Catalogue& catalogue);

  /// Appends a log record without a fault, as JsonStyle::compact has it.
  void append_event(const Event& event, std::string& out) const;
  /// Fills `object` with the 18 keys of the same record, in the order of the app's logs.
  void write_event(const Event& event, JsonObject& object) const;
  /// Changes the song's texts in it so that the play does not match any more: `kind` is
  /// encoded_again or other_normal_form, and the event one that can have it.
  void alter_song(FaultKind kind, const Event& event, Random& random, JsonObject& object) const;
  /// Fills `object` with the 10 keys of a song record. `song_no` must be one with a record.
  void write_song(std::int32_t song_no, JsonObject& object) const;

  bool holds_other_than_ascii(const Event& event) const;
  /// Of the song's record in the song files.
  bool is_song_beyond_ascii(std::int32_t song_no) const;
  /// These are of plays of songs with a record.
  bool can_be_encoded_again(const Event& event) const { return has(event, kOfRecordBeyondAscii); }
  bool has_other_normal_form(const Event& event) const { return has(event, kOfRecordOtherForm); }

 private:
  static constexpr std::uint8_t kBeyondAscii = 1;
  static constexpr std::uint8_t kOfRecordBeyondAscii = 2;
  static constexpr std::uint8_t kOfRecordOtherForm = 4;

  /// How a song shows in the logs; JSON.
  struct SongText {
    std::string_view artist;
    std::string_view length;
    std::string_view title;
  };
  /// Where that is in `songs_`: one behind the other.
  struct SongPlace {
    std::size_t start = 0;
    std::uint32_t artist_size = 0;
    std::uint32_t length_size = 0;
    std::uint32_t title_size = 0;
    std::uint8_t flags = 0;
  };
  SongText song_text(std::int32_t song_no) const;
  void add_song(const Song& song);
  bool has(const Event& event, std::uint8_t flag) const {
    return event.song_no >= 0 &&
           (song_places_[static_cast<std::size_t>(event.song_no)].flags & flag) != 0;
  }

  const Population& population_;
  const Catalogue& catalogue_;
  std::string songs_;
  std::vector<SongPlace> song_places_;
  std::vector<bool> is_user_beyond_ascii_;
};

}  // namespace sparkify
