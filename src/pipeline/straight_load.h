#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "pipeline/group_feed.h"
#include "sql/sql_library.h"
#include "transform/play_stream.h"
#include "transform/song_index.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// The short way of a group of logs into the star: rows go straight into songplays, matched here,
/// and unmatched_songplays and time are filled from what was gathered on the way.
///
/// It is only open when every play is new: no id twice in the group, none in the warehouse, no
/// object that failed. Then nothing depends on the order of plays, and the tables come out as by
/// the SQL of sql/star. Whether it is open shows when the rows were sent; if not, the transaction
/// has to be rolled back, and the group goes the long way.
class StraightLoad {
 public:
  /// All must outlive it.
  StraightLoad(Warehouse& warehouse, const SqlLibrary& sql) : warehouse_(warehouse), sql_(sql) {}

  /// Whether a group of so many bytes should try. Below some size the long way is as short.
  bool is_worthwhile(std::uint64_t group_bytes, std::uint64_t bytes_min);

  struct Loaded {
    std::int64_t plays = 0;
    std::map<std::int32_t, std::int64_t> events;  ///< by object_no
  };
  /// Loads what `feed` gives, but for users: of these the latest event of each is staged, for the
  /// SQL. Nothing: the way is not open. Errors: the feed's, the warehouse's.
  Result<std::optional<Loaded>> load(Transaction& transaction, GroupFeed& feed);

 private:
  Result<bool> are_new(const std::vector<std::int64_t>& play_ids);
  /// Those that are not in their table yet; nothing, if too many are there to be looked at.
  Result<std::optional<std::vector<std::int64_t>>> new_times(std::vector<std::int64_t> start_times);

  Warehouse& warehouse_;
  const SqlLibrary& sql_;
  SongIndex songs_;
  std::optional<bool> has_songs_;    ///< none: not read yet; false: too many of them
  std::int64_t session_number_ = 0;  ///< of the warehouse's, in which they were read
};

}  // namespace sparkify
