#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "generate/catalogue.h"
#include "generate/event.h"
#include "generate/json_object.h"
#include "generate/population.h"

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
  /// Fills `object` with the 10 keys of a song record. `song_no` must be one with a record.
  void write_song(std::int32_t song_no, JsonObject& object) const;

 private:
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
  };
  SongText song_text(std::int32_t song_no) const;

  const Population& population_;
  const Catalogue& catalogue_;
  std::string songs_;
  std::vector<SongPlace> song_places_;
};

}  // namespace sparkify
