#include "generate/record_text.h"

#include <string_view>

#include "base/assert.h"
#include "generate/json_text.h"

namespace sparkify {

namespace {

void add_plain(JsonObject& object, std::string_view key, std::string_view text) {
  std::string& value = object.add(key);
  value += '"';
  value += text;
  value += '"';
}

void add_integer(JsonObject& object, std::string_view key, std::int64_t number) {
  append_integer(object.add(key), number);
}

}  // namespace

void write_event(const Event& event, const Population& population, const Catalogue& catalogue,
                 JsonObject& object) {
  const User* const user = event.user_no < 0 ? nullptr : &population.user(event.user_no);
  const Song* const song = event.song_no < 0 ? nullptr : &catalogue.song(event.song_no);
  const PageForm& page = form_of(event.page);
  const auto add_song_text = [&](std::string_view key, const std::string Song::*text) {
    std::string& value = object.add(key);
    if (song == nullptr) {
      value += "null";
    } else {
      append_json_text(value, song->*text, true);
    }
  };
  const auto add_user_text = [&](std::string_view key, const std::string User::*json) {
    object.add(key) += user == nullptr ? "null" : user->*json;
  };

  object.clear();
  add_song_text("artist", &Song::artist_name);
  add_plain(object, "auth", user == nullptr ? "Logged Out" : "Logged In");
  add_user_text("firstName", &User::first_name_json);
  add_user_text("gender", &User::gender_json);
  add_integer(object, "itemInSession", event.item);
  add_user_text("lastName", &User::last_name_json);
  std::string& length = object.add("length");
  if (song == nullptr) length += "null";
  if (song != nullptr) append_decimal(length, song->duration_e5);
  add_plain(object, "level", event.level == Level::paid ? "paid" : "free");
  add_user_text("location", &User::location_json);
  add_plain(object, "method", page.method);
  add_plain(object, "page", page.name);
  add_user_text("registration", &User::registration_json);
  add_integer(object, "sessionId", event.session_id);
  add_song_text("song", &Song::title);
  add_integer(object, "status", page.status);
  add_integer(object, "ts", event.ts_ms);
  add_user_text("userAgent", &User::user_agent_json);
  std::string& user_id = object.add("userId");
  user_id += '"';
  if (user != nullptr) append_integer(user_id, event.user_no);
  user_id += '"';
}

void write_song(std::int32_t song_no, const Catalogue& catalogue, JsonObject& object) {
  const Song& song = catalogue.song(song_no);
  SPARKIFY_ASSERT(song.artist_no >= 0);
  const Artist& artist = catalogue.artist(song.artist_no);
  const auto add_position = [&](std::string_view key, std::int32_t degrees_e5) {
    std::string& value = object.add(key);
    if (!artist.has_position) value += "null";
    if (artist.has_position) append_decimal(value, degrees_e5);
  };

  object.clear();
  add_integer(object, "num_songs", 1);
  add_plain(object, "artist_id", catalogue.artist_id(song.artist_no));
  add_position("artist_latitude", artist.latitude_e5);
  add_position("artist_longitude", artist.longitude_e5);
  append_json_text(object.add("artist_location"), artist.location, false);
  append_json_text(object.add("artist_name"), song.artist_name, false);
  add_plain(object, "song_id", catalogue.song_id(song_no));
  append_json_text(object.add("title"), song.title, false);
  append_decimal(object.add("duration"), song.duration_e5);
  add_integer(object, "year", song.year);
}

}  // namespace sparkify
