#include "generate/record_text.h"

#include <array>
#include <charconv>
#include <cstring>

#include "base/assert.h"
#include "generate/json_text.h"
#include "generate/odd_encoding.h"

namespace sparkify {

namespace {

using std::string_view;

constexpr string_view kNull = "null";
/// Keys, marks and numbers of a log record, and its texts of fixed choice: well below that.
constexpr std::size_t kFixedBytesMax = 600;

void add_plain(JsonObject& object, string_view key, string_view text) {
  std::string& value = object.add(key);
  value += '"';
  value += text;
  value += '"';
}

void add_integer(JsonObject& object, string_view key, std::int64_t number) {
  append_integer(object.add(key), number);
}

/// Puts texts behind each other where there is room for all of them: asking for it once for a
/// record, and not for each of its forty pieces, makes it three times as fast.
class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}
  Pen& operator<<(string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Pen& operator<<(std::int64_t number) {
    constexpr std::ptrdiff_t kDigitsMax = 20;
    at_ = std::to_chars(at_, at_ + kDigitsMax, number).ptr;
    return *this;
  }
  const char* at() const { return at_; }

 private:
  char* at_;
};

}  // namespace

RecordText::RecordText(const Population& population, const Catalogue& catalogue)
    : population_(population), catalogue_(catalogue) {
  song_places_.reserve(catalogue.song_count());
  for (std::size_t i = 0; i < catalogue.song_count(); ++i) {
    add_song(catalogue.song(static_cast<std::int32_t>(i)));
  }
  for (std::size_t i = 0; i < population.count(); ++i) {
    const User& user = population.user(static_cast<std::int32_t>(i));
    is_user_beyond_ascii_.push_back(::sparkify::holds_other_than_ascii(user.first_name_json) ||
                                    ::sparkify::holds_other_than_ascii(user.last_name_json) ||
                                    ::sparkify::holds_other_than_ascii(user.location_json));
  }
}

void RecordText::add_song(const Song& song) {
  SongPlace place;
  place.start = songs_.size();
  const auto size_from = [this](std::size_t start) {
    return static_cast<std::uint32_t>(songs_.size() - start);
  };
  append_json_text(songs_, song.artist_name, true);
  place.artist_size = size_from(place.start);
  append_decimal(songs_, song.duration_e5);
  place.length_size = size_from(place.start + place.artist_size);
  append_json_text(songs_, song.title, true);
  place.title_size = size_from(place.start + place.artist_size + place.length_size);
  if (!is_ascii(song.title) || !is_ascii(song.artist_name)) {
    place.flags |= kBeyondAscii;
    if (song.artist_no >= 0) place.flags |= kOfRecordBeyondAscii;
    const bool has_other_form = other_normal_form(song.title) != song.title ||
                                other_normal_form(song.artist_name) != song.artist_name;
    if (song.artist_no >= 0 && has_other_form) place.flags |= kOfRecordOtherForm;
  }
  song_places_.push_back(place);
}

bool RecordText::holds_other_than_ascii(const Event& event) const {
  if (has(event, kBeyondAscii)) return true;
  return event.user_no >= 0 && is_user_beyond_ascii_[static_cast<std::size_t>(event.user_no)];
}

bool RecordText::is_song_beyond_ascii(std::int32_t song_no) const {
  const Song& song = catalogue_.song(song_no);
  return !is_ascii(song.title) || !is_ascii(song.artist_name) ||
         !is_ascii(catalogue_.artist(song.artist_no).location);
}

RecordText::SongText RecordText::song_text(std::int32_t song_no) const {
  if (song_no < 0) return {kNull, kNull, kNull};
  const SongPlace& place = song_places_[static_cast<std::size_t>(song_no)];
  const char* at = songs_.data() + place.start;
  SongText text;
  text.artist = string_view(at, place.artist_size);
  at += place.artist_size;
  text.length = string_view(at, place.length_size);
  at += place.length_size;
  text.title = string_view(at, place.title_size);
  return text;
}

void RecordText::append_event(const Event& event, std::string& out) const {
  static const User kVisitor{"null", "null", "null", "null", "null", "null"};
  const bool is_visitor = event.user_no < 0;
  const User& user = is_visitor ? kVisitor : population_.user(event.user_no);
  const SongText song = song_text(event.song_no);
  const PageForm& page = form_of(event.page);
  const std::size_t start = out.size();
  out.resize(start + kFixedBytesMax + song.artist.size() + song.title.size() +
             user.first_name_json.size() + user.last_name_json.size() + user.location_json.size() +
             user.user_agent_json.size());
  Pen pen(out.data() + start);
  pen << "{\"artist\":" << song.artist
      << (is_visitor ? string_view(",\"auth\":\"Logged Out\",\"firstName\":")
                     : string_view(",\"auth\":\"Logged In\",\"firstName\":"))
      << user.first_name_json << ",\"gender\":" << user.gender_json
      << ",\"itemInSession\":" << event.item << ",\"lastName\":" << user.last_name_json
      << ",\"length\":" << song.length
      << (event.level == Level::paid ? string_view(",\"level\":\"paid\",\"location\":")
                                     : string_view(",\"level\":\"free\",\"location\":"))
      << user.location_json << ",\"method\":\"" << page.method << "\",\"page\":\"" << page.name
      << "\",\"registration\":" << user.registration_json << ",\"sessionId\":" << event.session_id
      << ",\"song\":" << song.title << ",\"status\":" << page.status << ",\"ts\":" << event.ts_ms
      << ",\"userAgent\":" << user.user_agent_json << ",\"userId\":\"";
  if (!is_visitor) pen << event.user_no;
  pen << "\"}";
  out.resize(static_cast<std::size_t>(pen.at() - out.data()));
}

void RecordText::write_event(const Event& event, JsonObject& object) const {
  const User* const user = event.user_no < 0 ? nullptr : &population_.user(event.user_no);
  const SongText song = song_text(event.song_no);
  const PageForm& page = form_of(event.page);
  const auto add_user_text = [&](string_view key, const std::string User::*json) {
    object.add(key) += user == nullptr ? kNull : user->*json;
  };

  object.clear();
  object.add("artist") += song.artist;
  add_plain(object, "auth", user == nullptr ? "Logged Out" : "Logged In");
  add_user_text("firstName", &User::first_name_json);
  add_user_text("gender", &User::gender_json);
  add_integer(object, "itemInSession", event.item);
  add_user_text("lastName", &User::last_name_json);
  object.add("length") += song.length;
  add_plain(object, "level", event.level == Level::paid ? "paid" : "free");
  add_user_text("location", &User::location_json);
  add_plain(object, "method", page.method);
  add_plain(object, "page", page.name);
  add_user_text("registration", &User::registration_json);
  add_integer(object, "sessionId", event.session_id);
  object.add("song") += song.title;
  add_integer(object, "status", page.status);
  add_integer(object, "ts", event.ts_ms);
  add_user_text("userAgent", &User::user_agent_json);
  std::string& user_id = object.add("userId");
  user_id += '"';
  if (user != nullptr) append_integer(user_id, event.user_no);
  user_id += '"';
}

void RecordText::alter_song(FaultKind kind, const Event& event, Random& random,
                            JsonObject& object) const {
  const Song& song = catalogue_.song(event.song_no);
  const bool is_thrice = random.chance(0.5);
  const auto altered = [&](const std::string& text) {
    if (kind == FaultKind::other_normal_form) return other_normal_form(text);
    const std::string twice = encoded_twice(text);
    return is_thrice ? encoded_twice(twice) : twice;
  };
  const auto set = [&](string_view key, const std::string& text) {
    std::string& value = object.value_of(key);
    value.clear();
    append_json_text(value, altered(text), true);
  };
  set("artist", song.artist_name);
  set("song", song.title);
}

void RecordText::write_song(std::int32_t song_no, JsonObject& object) const {
  const Song& song = catalogue_.song(song_no);
  SPARKIFY_ASSERT(song.artist_no >= 0);
  const Artist& artist = catalogue_.artist(song.artist_no);
  const auto add_position = [&](string_view key, std::int32_t degrees_e5) {
    std::string& value = object.add(key);
    if (!artist.has_position) value += kNull;
    if (artist.has_position) append_decimal(value, degrees_e5);
  };

  object.clear();
  add_integer(object, "num_songs", 1);
  add_plain(object, "artist_id", catalogue_.artist_id(song.artist_no));
  add_position("artist_latitude", artist.latitude_e5);
  add_position("artist_longitude", artist.longitude_e5);
  append_json_text(object.add("artist_location"), artist.location, false);
  append_json_text(object.add("artist_name"), song.artist_name, false);
  add_plain(object, "song_id", catalogue_.song_id(song_no));
  append_json_text(object.add("title"), song.title, false);
  append_decimal(object.add("duration"), song.duration_e5);
  add_integer(object, "year", song.year);
}

}  // namespace sparkify
