#include "world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/gzip.h"

namespace sparkify::simulation {

namespace {

constexpr std::size_t kSongCount = 8;
constexpr std::size_t kSessionCount = 4;
constexpr std::size_t kItemCount = 6;
constexpr std::size_t kUserCount = 4;
constexpr std::int64_t kFirstTs = 1'541'121'934'796;

}  // namespace

World::World(SeedRandom& random, SimulatedStore& store, bool is_plain)
    : random_(random), store_(store), is_plain_(is_plain) {}

void World::begin() {
  for (std::size_t i = random_.between(0, 3); i > 0; --i) put_song(uri_of(false), true);
  for (std::size_t i = random_.between(1, 4); i > 0; --i) put_log(uri_of(true), true);
}

std::string World::uri_of(bool is_log) {
  const std::size_t number = random_.below(6);
  return fmt::format("{}{:02}.json{}", is_log ? kLogPlace : kSongPlace, number,
                     number % 3 == 2 ? ".gz" : "");
}

void World::change() {
  const bool is_log = !random_.one_in(3);
  const std::string uri = uri_of(is_log);
  const std::size_t what = is_plain_ ? 0 : random_.below(8);
  if (what == 6) return store_.remove(uri);
  if (what == 7) {
    const auto etags = store_.etags_of(uri);
    if (etags.empty()) return;
    const std::vector<std::string> known(etags.begin(), etags.end());
    return store_.put(uri, store_.bytes_of({uri, random_.pick(known), 0}));
  }
  is_log ? put_log(uri, what > 3) : put_song(uri, what > 3);
}

void World::settle() {
  for (const auto& [uri, object] : std::map(store_.present())) {
    if (texts_.contains(uri) && uri.ends_with(".gz")) store_.put(uri, gzip(texts_.at(uri)));
  }
}

void World::put_some(SimulatedStore& store) {
  for (const auto& [uri, text] : texts_) {
    const auto etags = store_.etags_of(uri);
    if (random_.one_in(3)) continue;
    const std::vector<std::string> known(etags.begin(), etags.end());
    store.put(uri, store_.bytes_of({uri, random_.pick(known), 0}));
  }
}

void World::put(const std::string& uri, const std::string& text) {
  texts_[uri] = text;
  if (!uri.ends_with(".gz")) return store_.put(uri, text);
  const std::string stored = gzip(text);
  const bool is_damaged = !is_plain_ && random_.one_in(4);
  store_.put(uri, is_damaged ? stored.substr(0, random_.below(stored.size())) : stored);
}

/// `is_new`: in place of what was there; else behind it.
void World::put_song(const std::string& uri, bool is_new) {
  std::string text = is_new && !is_plain_ ? "" : texts_[uri];
  for (std::size_t i = random_.between(1, 3); i > 0; --i) text += song_record() + "\n";
  if (random_.one_in(6)) text += odd_record() + "\n";
  put(uri, text);
}

void World::put_log(const std::string& uri, bool is_new) {
  std::string text = is_new && !is_plain_ ? "" : texts_[uri];
  for (std::size_t i = random_.between(1, 6); i > 0; --i) {
    if (random_.one_in(8)) text += odd_record() + "\n";
    text += event_record() + "\n";
  }
  put(uri, text);
}

std::string World::song_record() {
  const std::size_t number = random_.below(kSongCount);
  // Another title makes plays match another song from now on.
  const std::size_t title = is_plain_ || !random_.one_in(3) ? number : random_.below(kSongCount);
  const std::size_t year = is_plain_ ? 0 : random_.below(3) * 1990;
  return fmt::format(
      R"({{"num_songs":1,"artist_id":"AR{0}","artist_latitude":null,"artist_longitude":{0}.5,)"
      R"("artist_location":"","artist_name":"Artist {1}","song_id":"SO{0}","title":"Song {1}",)"
      R"("duration":10{1}.5,"year":{2}}})",
      number, title, year);
}

std::string World::event_record() {
  const std::size_t session = random_.below(kSessionCount);
  const std::size_t item = random_.below(kItemCount);
  const std::size_t key = session * kItemCount + item;
  // One play in some has the id of another; some events have the moment of another.
  const bool is_odd = !is_plain_ && random_.one_in(4);
  const std::size_t user = is_odd ? random_.below(kUserCount) : session % kUserCount;
  const std::size_t moment = is_odd ? random_.below(3) : key;
  const std::size_t song = is_odd ? random_.below(kSongCount + 2) : key % (kSongCount + 2);
  const bool is_play = key % 5 != 0;
  return fmt::format(
      R"({{"artist":"Artist {0}","auth":"Logged In","firstName":"First {1}","gender":"F",)"
      R"("itemInSession":{2},"lastName":"Last","length":10{0}.5,"level":"{3}","location":"Here",)"
      R"("method":"PUT","page":"{4}","registration":1.0,"sessionId":{5},"song":"Song {0}",)"
      R"("status":200,"ts":{6},"userAgent":"UA","userId":"{1}"}})",
      song, user + 1, item, moment % 2 == 0 ? "free" : "paid", is_play ? "NextSong" : "Home",
      session + 1, kFirstTs + static_cast<std::int64_t>(moment) * 60'000);
}

std::string World::odd_record() {
  static const std::vector<std::string> odd = {
      R"({"page":"Home","ts":-1,"sessionId":1,"itemInSession":0})",
      R"({"page":"Ho)",
      R"([1, 2])",
      R"({"page":"\ud800"})",
      R"({"new key":1,"title":5})",
      "\xFF\xFE"};
  return random_.pick(odd);
}

}  // namespace sparkify::simulation
