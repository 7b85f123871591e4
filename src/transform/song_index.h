#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// The warehouse's songs in memory, by what plays are matched by: title, artist name and duration,
/// all equal. Of several songs the one with the smallest id by bytes is found.
/// Once filled it may be asked by several threads.
class SongIndex : public RowVisitor {
 public:
  struct Match {
    std::string song_id;
    std::string artist_id;
  };

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
  std::unordered_map<std::string, Match> by_key_;
  std::size_t songs_max_ = 0;
  std::size_t song_count_ = 0;
};

}  // namespace sparkify
