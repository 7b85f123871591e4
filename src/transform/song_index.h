#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/batch.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// The warehouse's songs in memory, by what plays are matched by: title, artist name and duration,
/// all equal. Of several songs the one with the smallest id by bytes is found.
/// Once filled it may be asked by several threads.
class SongIndex : public RowVisitor {
 public:
  /// Both live as long as the index.
  struct Match {
    std::string_view song_id;
    std::string_view artist_id;
  };

  SongIndex() = default;
  SongIndex(const SongIndex&) = delete;
  SongIndex& operator=(const SongIndex&) = delete;

  /// Takes all songs, as they are committed. False, and the index is empty, if there are more than
  /// `songs_max`. Errors: the warehouse's.
  Result<bool> fill(Warehouse& warehouse, const SqlLibrary& sql, std::size_t songs_max);

  /// What a play is matched by. `duration` times 100,000, as a batch holds it.
  struct Key {
    std::string_view title;
    std::string_view artist_name;
    std::int64_t duration = 0;
    bool operator==(const Key&) const = default;
  };
  /// Where a key is looked up. Whoever has many keys asks for all their places first: the index is
  /// larger than the processor's caches, and `find` would wait for memory each time.
  using Place = std::uint64_t;
  Place place_of(const Key& key) const;
  /// Null: no song. `place`: as place_of() gives it for `key`.
  const Match* find(const Key& key, Place place) const;
  const Match* find(const Key& key) const { return find(key, place_of(key)); }

  void add(const Key& key, const Match& match);

  Status begin(const std::vector<ResultColumn>& columns) override;
  Status row(const Row& row) override;

 private:
  struct Song {
    Key key;
    Match match;
  };
  /// Of a table with open addressing.
  struct Slot {
    std::uint32_t tag = 0;     ///< of the key's hash
    std::uint32_t number = 0;  ///< of the song, from 1; 0: empty
  };

  static Place hash_of(const Key& key);
  /// The slot of `key`, or the empty one where it would be.
  std::size_t slot_of(const Key& key, Place place) const;
  void grow();
  void clear();

  TextArena texts_;
  std::vector<Song> songs_;
  std::vector<Slot> slots_;  ///< a power of two of them, at most half of them taken
  std::size_t songs_max_ = 0;
  std::size_t song_count_ = 0;
};

}  // namespace sparkify
