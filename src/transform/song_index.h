#pragma once

#include <tsl/robin_set.h>

#include <cstdint>
#include <functional>
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

  /// `duration` times 100,000, as a batch holds it. Null: no song.
  const Match* find(std::string_view title, std::string_view artist_name,
                    std::int64_t duration) const;

  void add(std::string_view title, std::string_view artist_name, std::int64_t duration,
           Match match);

  Status begin(const std::vector<ResultColumn>& columns) override;
  Status row(const Row& row) override;

 private:
  struct Key {
    std::string_view title;
    std::string_view artist_name;
    std::int64_t duration = 0;
    bool operator==(const Key&) const = default;
  };
  struct Song {
    Key key;
    Match match;
  };
  /// The set holds numbers of songs and is asked for keys: what a look-up that finds nothing has to
  /// touch stays small. The artist is left to the comparison.
  struct Hash {
    using is_transparent = void;
    const std::vector<Song>* songs;
    std::size_t operator()(const Key& key) const {
      constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;
      return std::hash<std::string_view>()(key.title) ^
             static_cast<std::uint64_t>(key.duration) * kGoldenRatio;
    }
    std::size_t operator()(std::uint32_t number) const { return (*this)((*songs)[number].key); }
  };
  struct Same {
    using is_transparent = void;
    const std::vector<Song>* songs;
    bool operator()(std::uint32_t a, std::uint32_t b) const {
      return (*songs)[a].key == (*songs)[b].key;
    }
    bool operator()(std::uint32_t number, const Key& key) const {
      return (*songs)[number].key == key;
    }
    bool operator()(const Key& key, std::uint32_t number) const { return (*this)(number, key); }
  };
  using Numbers = tsl::robin_set<std::uint32_t, Hash, Same, std::allocator<std::uint32_t>, true>;

  void clear();

  TextArena texts_;
  std::vector<Song> songs_;
  Numbers numbers_{0, Hash{&songs_}, Same{&songs_}};
  std::size_t songs_max_ = 0;
  std::size_t song_count_ = 0;
};

}  // namespace sparkify
