#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "seed_random.h"
#include "simulated_store.h"

namespace sparkify::simulation {

inline constexpr const char* kSongPlace = "sim://bucket/songs/";
inline constexpr const char* kLogPlace = "sim://bucket/logs/";

/// The objects of a seed, and what becomes of them while runs read them.
///
/// In a plain world what the tables hold in the end does not depend on when what was loaded: a
/// play, a song has one record wherever it stands, and objects only grow. In the other anything
/// goes: plays that conflict, events of the same moment, songs whose record changes, objects that
/// shrink, go, come back as they were, or are damaged for a while.
class World {
 public:
  World(SeedRandom& random, SimulatedStore& store, bool is_plain);

  bool is_plain() const { return is_plain_; }
  /// Puts the first objects.
  void begin();
  /// One change.
  void change();
  /// Mends what is damaged, so that all can be loaded.
  void settle();
  /// Puts some of all objects that there ever were into another store, each in any of its versions.
  void put_some(SimulatedStore& store);

 private:
  void put_song(const std::string& uri, bool is_new);
  void put_log(const std::string& uri, bool is_new);
  std::string uri_of(bool is_log);
  std::string song_record();
  std::string event_record();
  std::string odd_record();
  void put(const std::string& uri, const std::string& text);

  SeedRandom& random_;
  SimulatedStore& store_;
  const bool is_plain_;
  std::map<std::string, std::string> texts_;  ///< of the last sound version, by uri
};

}  // namespace sparkify::simulation
